"""Providers of models and what stands around them."""

from raksha.secrets.detector import Detector, after_name, exact, token

DETECTORS = (
    Detector("openai-key", "OpenAI API key", ("sk-",), exact(r"sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{20,74}T3BlbkFJ[A-Za-z0-9_-]{20,74}"), "critical", entropy=3.0),
    Detector("openai-project-key", "OpenAI API key", ("sk-proj-", "sk-svcacct-"), exact(r"sk-(?:proj|svcacct)-[A-Za-z0-9_-]{40,200}"), "critical", entropy=3.8),
    Detector("anthropic-key", "Anthropic API key", ("sk-ant-",), exact(r"sk-ant-(?:api03|admin01|sid01|oat01)-[\w-]{93}AA"), "critical"),
    Detector("openrouter-key", "OpenRouter API key", ("sk-or-v1-",), exact(r"sk-or-v1-[a-f0-9]{64}"), entropy=3.0),
    Detector("deepseek-key", "API key of the form sk-…", ("sk-",), exact(r"sk-[a-f0-9]{32}"), entropy=3.0),
    Detector("huggingface-token", "Hugging Face token", ("hf_",), exact(r"hf_[A-Za-z]{34}", before=r"\w\-", after=r"\w\-"), entropy=3.5),
    Detector("huggingface-org-token", "Hugging Face organization token", ("api_org_",), exact(r"api_org_[A-Za-z]{34}", before=r"\w\-", after=r"\w\-"), entropy=3.5),
    Detector("groq-key", "Groq API key", ("gsk_",), token(r"gsk_[A-Za-z0-9]{52}"), entropy=3.0),
    Detector("xai-key", "xAI API key", ("xai-",), token(r"xai-[A-Za-z0-9]{70,90}"), entropy=3.0),
    Detector("perplexity-key", "Perplexity API key", ("pplx-",), token(r"pplx-[A-Za-z0-9]{48}"), entropy=4.0),
    Detector("replicate-token", "Replicate token", ("r8_",), token(r"r8_[A-Za-z0-9]{37}"), entropy=3.0),
    Detector("cohere-key", "Cohere API key", ("cohere", "co_api_key"), after_name(r"cohere|co_api_key", r"[A-Za-z0-9]{40}"), entropy=4.0),
    Detector("mistral-key", "Mistral API key", ("mistral",), after_name(r"mistral", r"[A-Za-z0-9]{32}"), entropy=3.5),
    Detector("nvidia-key", "NVIDIA API key", ("nvapi-",), exact(r"nvapi-[\w-]{60,70}"), entropy=3.0),
    Detector("cerebras-key", "Cerebras API key", ("csk-",), token(r"csk-[a-z0-9]{48}"), entropy=3.0),
    Detector("fireworks-key", "Fireworks API key", ("fw_",), token(r"fw_[A-Za-z0-9]{22,24}"), entropy=3.8),
    Detector("elevenlabs-key", "ElevenLabs API key", ("sk_",), token(r"sk_[a-f0-9]{48}"), entropy=3.0),
    Detector("langsmith-key", "LangSmith API key", ("lsv2_",), exact(r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"), entropy=3.0),
    Detector("langfuse-key", "Langfuse secret key", ("sk-lf-",), exact(r"sk-lf-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")),
    Detector("pinecone-key", "Pinecone API key", ("pcsk_",), exact(r"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{60,66}"), entropy=3.0),
    Detector("privateai-key", "Private AI key", ("private-ai", "private_ai", "privateai"), after_name(r"private[_-]?ai", r"[a-z0-9]{32}"), entropy=3.0),
    Detector("wandb-key", "Weights & Biases API key", ("wandb",), after_name(r"wandb", r"[a-f0-9]{40}"), entropy=3.0),
    Detector("tavily-key", "Tavily API key", ("tvly-",), exact(r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}"), entropy=3.0),
    Detector("avyay-key", "Avyay API key", ("avy_live_", "avy_test_"), token(r"avy_(?:live|test)_[A-Za-z0-9]{24,}"), entropy=3.0),
)  # fmt: skip
