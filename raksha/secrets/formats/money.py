"""Payments, shops and exchanges."""

from raksha.secrets.detector import Detector, after_name, exact, token

DETECTORS = (
    Detector("stripe-key", "Stripe API key", ("sk_live", "sk_test", "sk_prod", "rk_live", "rk_test", "rk_prod"), token(r"(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,99}"), "critical", entropy=2.0),
    Detector("stripe-webhook-secret", "Stripe webhook secret", ("whsec_",), exact(r"whsec_[A-Za-z0-9+/]{32,}={0,2}"), entropy=3.0),
    Detector("square-token", "Square token", ("sq0atp-", "sq0csp-", "eaaa"), exact(r"sq0(?:atp-[\w-]{22,60}|csp-[\w-]{43})|EAAA[\w-]{60}"), entropy=2.0),
    Detector("paypal-token", "PayPal (Braintree) access token", ("access_token$",), r"(?P<secret>access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32})"),
    Detector("plaid-token", "Plaid access token", ("access-sandbox", "access-development", "access-production"), exact(r"access-(?:sandbox|development|production)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")),
    Detector("plaid-key", "Plaid client id or secret", ("plaid",), after_name(r"plaid", r"[a-z0-9]{30}|[a-z0-9]{24}"), entropy=3.3),
    Detector("adyen-key", "Adyen API key", ("aqe",), exact(r"AQE[a-z]hmf[A-Za-z0-9+/=-]{60,}"), entropy=3.0),
    Detector("razorpay-key", "Razorpay key", ("rzp_",), token(r"rzp_(?:live|test)_[A-Za-z0-9]{14}"), "medium", entropy=3.0),
    Detector("shopify-token", "Shopify token", ("shpat_", "shpca_", "shppa_", "shpss_"), token(r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"), entropy=2.0),
    Detector("flutterwave-key", "Flutterwave key", ("flwseck", "flwpubk"), exact(r"FLW(?:SECK|PUBK)_TEST-(?:[a-h0-9]{32}-X|[a-h0-9]{12})|FLW(?:SECK|PUBK)-[a-f0-9]{32}-X", before=r"A-Za-z0-9_"), entropy=2.0, ignore_case=True),
    Detector("gocardless-token", "GoCardless token", ("gocardless",), after_name(r"gocardless", r"live_[A-Za-z0-9\-_=]{40}")),
    Detector("mollie-key", "Mollie API key", ("live_", "test_"), token(r"(?:live|test)_[A-Za-z0-9]{30}"), "medium", entropy=3.5),
    Detector("easypost-token", "EasyPost token", ("ezak", "eztk"), token(r"EZ[AT]K[A-Za-z0-9]{54}"), entropy=2.0),
    Detector("lob-key", "Lob API key", ("lob", "live_", "test_"), after_name(r"lob", r"(?:live|test)_(?:pub_)?[a-f0-9]{31,35}")),
    Detector("duffel-token", "Duffel token", ("duffel_",), exact(r"duffel_(?:test|live)_[A-Za-z0-9_\-=]{43}"), entropy=2.0),
    Detector("shippo-token", "Shippo token", ("shippo_",), token(r"shippo_(?:live|test)_[a-fA-F0-9]{40}"), entropy=2.0),
    Detector("freemius-key", "Freemius secret key", ("secret_key",), r"[\"']secret_key[\"']\s*=>\s*[\"'](?P<secret>sk_\S{29})[\"']", anchored=False),
    Detector("coinbase-token", "Coinbase access token", ("coinbase",), after_name(r"coinbase", r"[A-Za-z0-9_-]{64}"), entropy=3.0),
    Detector("kraken-token", "Kraken access token", ("kraken",), after_name(r"kraken", r"[A-Za-z0-9/=_+\-]{80,90}"), entropy=3.0),
    Detector("kucoin-token", "KuCoin access token", ("kucoin",), after_name(r"kucoin", r"[a-f0-9]{24}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), entropy=2.0),
    Detector("bittrex-key", "Bittrex access key", ("bittrex",), after_name(r"bittrex", r"[A-Za-z0-9]{32}"), entropy=3.0),
    Detector("etsy-token", "Etsy access token", ("etsy",), after_name(r"(?<![a-z])etsy", r"[A-Za-z0-9]{24}"), entropy=3.0),
    Detector("finicity-token", "Finicity credential", ("finicity",), after_name(r"finicity", r"[a-f0-9]{32}|[A-Za-z0-9]{20}"), entropy=3.0),
    Detector("finnhub-token", "Finnhub token", ("finnhub",), after_name(r"finnhub", r"[A-Za-z0-9]{20}"), entropy=3.0),
    Detector("freshbooks-token", "FreshBooks token", ("freshbooks",), after_name(r"freshbooks", r"[A-Za-z0-9]{64}"), entropy=3.0),
    Detector("ethereum-key", "Ethereum private key", ("private_key", "privatekey", "priv_key"), after_name(r"priv(?:ate)?_?key", r"(?:0x)?[a-fA-F0-9]{64}"), entropy=3.0),
)  # fmt: skip
