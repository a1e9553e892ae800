"""Databases and stores of data."""

from raksha.secrets.detector import Detector, after_name, exact, token

DETECTORS = (
    Detector("databricks-token", "Databricks token", ("dapi",), token(r"dapi[a-f0-9]{32}(?:-\d)?"), entropy=3.0),
    Detector("planetscale-token", "PlanetScale credential", ("pscale_",), exact(r"pscale_(?:tkn|oauth|pw)_[\w=.-]{32,64}"), entropy=3.0),
    Detector("supabase-token", "Supabase token", ("sbp_", "sb_secret_"), exact(r"sbp_[a-f0-9]{40}|sb_secret_[\w-]{30,}"), entropy=3.0),
    Detector("neon-key", "Neon API key", ("napi_",), token(r"napi_[a-z0-9]{60,70}"), entropy=3.0),
    Detector("clickhouse-cloud-key", "ClickHouse Cloud secret key", ("4b1d",), token(r"4b1d[A-Za-z0-9]{38}"), entropy=3.0),
    Detector("airtable-token", "Airtable token", ("pat",), exact(r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"), entropy=3.0),
    Detector("airtable-key", "Airtable API key", ("airtable",), after_name(r"airtable", r"[A-Za-z0-9]{17}"), entropy=3.0),
    Detector("algolia-key", "Algolia API key", ("algolia",), after_name(r"algolia", r"[a-z0-9]{32}"), entropy=3.0),
    Detector("contentful-token", "Contentful token", ("contentful", "cfpat-"), after_name(r"contentful", r"[A-Za-z0-9=_-]{43}"), entropy=3.0),
    Detector("contentful-personal-token", "Contentful personal token", ("cfpat-",), exact(r"CFPAT-[\w-]{43}"), entropy=3.0),
    Detector("dropbox-token", "Dropbox token", ("dropbox", "sl."), after_name(r"dropbox", r"[A-Za-z0-9]{15}|sl\.[A-Za-z0-9\-=_]{135}|[A-Za-z0-9]{11}AAAAAAAAAA[A-Za-z0-9\-_=]{43}"), entropy=3.0, placeholders=False),
    Detector("confluent-key", "Confluent credential", ("confluent",), after_name(r"confluent", r"[A-Za-z0-9+/]{64}|[A-Za-z0-9]{16}"), entropy=3.0),
    Detector("snowflake-password", "Snowflake password", ("snowflake",), after_name(r"snowflake.{0,20}?pass(?:word)?", r"[^\s\"'$<>{}]{8,64}"), confidence="medium", entropy=2.5),
    Detector("looker-credential", "Looker credential", ("looker",), after_name(r"looker", r"[a-z0-9]{24}|[a-z0-9]{20}"), entropy=3.0),
    Detector("mongodb-password", "MongoDB address with a password", ("mongodb",), r"\bmongodb(?:\+srv)?://[^\s:/@]+:(?P<secret>[^\s@/<>{}$]{3,})@"),
    Detector("cloudinary-url", "Cloudinary address with its secret", ("cloudinary://",), r"cloudinary://\d+:(?P<secret>[\w-]{20,})@", entropy=3.0),
    Detector("upstash-token", "Upstash token", ("upstash",), after_name(r"upstash", r"[A-Za-z0-9=]{40,}"), entropy=3.5),
    Detector("nytimes-token", "New York Times token", ("nytimes", "new-york-times", "newyorktimes"), after_name(r"nytimes|new-?york-?times", r"[A-Za-z0-9=_-]{32}"), entropy=3.0),
    Detector("mapbox-token", "Mapbox secret token", ("pk.", "sk.ey"), exact(r"pk\.[a-z0-9]{60}\.[a-z0-9]{22}|sk\.eyJ[\w-]{60,}\.[\w-]{22}"), entropy=3.0),
)  # fmt: skip
