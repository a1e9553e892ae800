"""Monitoring, secret stores and networks."""

from raksha.secrets.detector import Detector, after_name, exact, token
from raksha.secrets.plausible import is_random


def _is_vault(secret: str) -> bool:
    body = secret.split(".", 1)[1]
    return (
        any(c.islower() for c in body) and any(c.isupper() for c in body) and any(c.isdigit() for c in body)
    )


DETECTORS = (
    Detector("vault-token", "Vault service token", ("hvs.",), exact(r"hvs\.[\w-]{90,120}"), "critical", entropy=3.5),
    Detector("vault-batch-token", "Vault batch token", ("hvb.",), exact(r"hvb\.[\w-]{138,300}"), "critical", entropy=4.0),
    Detector("vault-token", "Vault service token", ("s.",), exact(r"s\.[A-Za-z0-9]{24}"), entropy=3.5, is_real=_is_vault),
    Detector("doppler-token", "Doppler token", ("dp.",), exact(r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.]{40,44}"), entropy=2.0),
    Detector("infracost-token", "Infracost token", ("ico-",), token(r"ico-[A-Za-z0-9]{32}"), entropy=3.0),
    Detector("grafana-token", "Grafana service account token", ("glsa_",), token(r"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"), entropy=3.0),
    Detector("grafana-cloud-token", "Grafana Cloud token", ("glc_",), exact(r"glc_[A-Za-z0-9+/]{32,400}={0,3}"), entropy=3.0),
    Detector("grafana-key", "Grafana API key", ("eyjrijoi",), exact(r"eyJrIjoi[A-Za-z0-9]{70,400}={0,3}"), entropy=3.0),
    Detector("newrelic-key", "New Relic key", ("nrak-", "nrjs-", "nrii-", "nrra-", "nraa-"), exact(r"NRAK-[A-Z0-9]{27}|NRJS-[a-f0-9]{19}|NRII-[A-Za-z0-9_-]{32}|NRRA-[a-f0-9]{42}", before=r"\w"), entropy=2.5, ignore_case=True),
    Detector("newrelic-user-id", "New Relic user API id", ("new-relic", "newrelic", "new_relic"), after_name(r"new[_-]?relic", r"[A-Za-z0-9]{64}"), entropy=3.0),
    Detector("datadog-key", "Datadog key", ("datadog", "dd_api", "dd-api"), after_name(r"datadog|dd[_-]api", r"[A-Za-z0-9]{40}|[a-f0-9]{32}"), entropy=3.0),
    Detector("sentry-token", "Sentry token", ("sntrys_", "sntryu_"), exact(r"sntryu_[a-f0-9]{64}|sntrys_eyJpYXQiO[A-Za-z0-9+/]{10,200}(?:LCJyZWdpb25fdXJs|InJlZ2lvbl91cmwi|cmVnaW9uX3VybCI6)[A-Za-z0-9+/]{10,200}={0,2}_[A-Za-z0-9+/]{43}"), entropy=3.0),
    Detector("sentry-named-token", "Sentry token", ("sentry",), after_name(r"sentry", r"[a-f0-9]{64}"), entropy=3.0),
    Detector("dynatrace-token", "Dynatrace token", ("dt0c01.", "dt0s01."), exact(r"dt0[a-z]01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"), entropy=3.0, ignore_case=True),
    Detector("honeycomb-key", "Honeycomb key", ("hcaik_", "hcbik_"), exact(r"hc[a-z]ik_[a-z0-9]{58}"), entropy=3.0),
    Detector("sumologic-access-id", "Sumo Logic access id", ("sumo",), r"(?i:sumo[\w.\- ]{0,20}?(?:logic|access|id|key|token))[\w.\- ]{0,30}?[\"'`]?\s{0,3}(?:=>|:=|=|:|,)\s{0,5}[\"'`]?(?P<secret>su[A-Za-z0-9]{12})(?![A-Za-z0-9])", entropy=3.0, is_real=lambda secret: any(c.isdigit() for c in secret)),
    Detector("sumologic-access-key", "Sumo Logic access key", ("sumo",), after_name(r"(?-i:[Ss]umo|SUMO)", r"[A-Za-z0-9]{64}"), entropy=3.0),
    Detector("elastic-key", "Elastic Cloud API key", ("essu_",), exact(r"essu_[A-Za-z0-9+/=]{60,}"), entropy=3.0),
    Detector("pagerduty-key", "PagerDuty API key", ("pagerduty", "pd_api", "pager_duty"), after_name(r"pager[_-]?duty|pd[_-]api", r"[A-Za-z0-9+_-]{20}|[a-f0-9]{32}"), entropy=3.2),
    Detector("fastly-token", "Fastly token", ("fastly",), after_name(r"fastly", r"[A-Za-z0-9=_-]{32}"), entropy=3.0),
    Detector("meraki-key", "Cisco Meraki API key", ("meraki",), after_name(r"meraki", r"[0-9a-f]{40}"), entropy=3.0),
    Detector("maxmind-key", "MaxMind licence key", ("_mmk",), token(r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk"), entropy=3.5, anchored=False),
    Detector("defined-networking-token", "Defined Networking token", ("dnkey",), exact(r"dnkey-[a-z0-9=_-]{26}-[a-z0-9=_-]{52}"), entropy=3.0, ignore_case=True),
    Detector("okta-token", "Okta API token", ("okta",), after_name(r"okta", r"00[\w=-]{40}"), entropy=4.0),
    Detector("auth0-secret", "Auth0 client secret", ("auth0",), after_name(r"auth0", r"[A-Za-z0-9_-]{64}"), entropy=4.0),
    Detector("shodan-key", "Shodan API key", ("shodan",), after_name(r"shodan", r"[A-Za-z0-9]{32}"), entropy=3.5),
    Detector("virustotal-key", "VirusTotal API key", ("virustotal", "vt_api"), after_name(r"virustotal|vt[_-]api", r"[a-f0-9]{64}"), entropy=3.0),
    Detector("launchdarkly-token", "LaunchDarkly key", ("launchdarkly", "api-", "sdk-"), after_name(r"launchdarkly", r"(?:api|sdk|mob)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[A-Za-z0-9=_-]{40}"), entropy=3.0),
    Detector("tailscale-key", "Tailscale key", ("tskey-",), exact(r"tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{10,20}-[A-Za-z0-9]{20,40}"), entropy=3.0),
    Detector("ngrok-token", "ngrok token", ("ngrok",), after_name(r"ngrok", r"[A-Za-z0-9]{20,30}_[A-Za-z0-9]{20}"), entropy=3.5, is_real=is_random),
)  # fmt: skip
