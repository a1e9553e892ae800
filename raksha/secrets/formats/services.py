"""Other services that people build with."""

from raksha.secrets.detector import Detector, after_name, exact, token

DETECTORS = (
    Detector("notion-token", "Notion token", ("ntn_", "secret_"), token(r"ntn_[0-9]{11}[A-Za-z0-9]{35}"), entropy=4.0),
    Detector("notion-token", "Notion integration secret", ("secret_",), token(r"secret_[A-Za-z0-9]{43}"), entropy=4.0),
    Detector("linear-key", "Linear API key", ("lin_api_",), token(r"lin_api_[A-Za-z0-9]{40}"), entropy=2.0),
    Detector("linear-secret", "Linear client secret", ("linear",), after_name(r"linear", r"[a-f0-9]{32}"), entropy=2.0),
    Detector("asana-credential", "Asana credential", ("asana",), after_name(r"asana", r"[A-Za-z0-9]{32}|[0-9]{16}"), entropy=2.3),
    Detector("figma-token", "Figma token", ("figd_",), exact(r"figd_[\w-]{40}"), entropy=3.0),
    Detector("typeform-token", "Typeform token", ("tfp_",), exact(r"tfp_[A-Za-z0-9_\-.=]{59}"), entropy=3.0),
    Detector("adobe-secret", "Adobe client secret", ("p8e-",), exact(r"p8e-[A-Za-z0-9]{32}", before=r"\w"), entropy=2.0),
    Detector("adobe-client-id", "Adobe client id", ("adobe",), after_name(r"adobe", r"[a-f0-9]{32}"), "medium", entropy=2.0),
    Detector("adafruit-key", "Adafruit key", ("adafruit", "aio_"), after_name(r"adafruit", r"[A-Za-z0-9_-]{32}"), entropy=3.0),
    Detector("beamer-token", "Beamer token", ("beamer",), after_name(r"beamer", r"b_[A-Za-z0-9=_\-]{44}")),
    Detector("flickr-token", "Flickr access token", ("flickr",), after_name(r"flickr", r"[A-Za-z0-9]{32}"), entropy=3.0),
    Detector("frameio-token", "Frame.io token", ("fio-u-",), exact(r"fio-u-[A-Za-z0-9\-_=]{64}")),
    Detector("lokalise-token", "Lokalise token", ("lokalise",), after_name(r"lokalise", r"[A-Za-z0-9]{40}"), entropy=3.0),
    Detector("rapidapi-token", "RapidAPI token", ("rapidapi",), after_name(r"rapidapi", r"[A-Za-z0-9_-]{50}"), entropy=3.0),
    Detector("squarespace-token", "Squarespace token", ("squarespace",), after_name(r"squarespace", r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"), placeholders=False),
    Detector("intra42-secret", "42 client secret", ("s-s4t2ud-", "s-s4t2af-"), exact(r"s-s4t2(?:ud|af)-[a-f0-9]{64}"), entropy=3.0),
    Detector("opsgenie-key", "Opsgenie API key", ("opsgenie",), after_name(r"opsgenie", r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"), placeholders=False),
    Detector("monday-key", "monday.com API key", ("monday",), after_name(r"monday", r"ey[A-Za-z0-9._-]{150,}"), entropy=3.5),
    Detector("clickup-token", "ClickUp token", ("pk_",), token(r"pk_\d{6,9}_[A-Z0-9]{32}"), entropy=3.0),
    Detector("zoho-token", "Zoho token", ("1000.",), exact(r"1000\.[a-f0-9]{32}\.[a-f0-9]{32}"), entropy=3.0),
    Detector("salesforce-token", "Salesforce access token", ("00d",), exact(r"00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{80,}"), entropy=3.0),
    Detector("cloudsmith-key", "Cloudsmith key", ("csa_", "cloudsmith"), after_name(r"cloudsmith", r"[a-f0-9]{40}"), entropy=3.0),
)  # fmt: skip
