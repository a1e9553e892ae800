"""The kinds of secrets that are known by their form, by who gives them out."""

from raksha.secrets.formats import chat, clouds, code_hosts, data, keys, models, money, operations, services

DETECTORS = (
    *keys.DETECTORS,
    *clouds.DETECTORS,
    *code_hosts.DETECTORS,
    *models.DETECTORS,
    *money.DETECTORS,
    *chat.DETECTORS,
    *operations.DETECTORS,
    *data.DETECTORS,
    *services.DETECTORS,
)
