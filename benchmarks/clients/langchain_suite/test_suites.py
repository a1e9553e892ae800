"""The suite of one class of LangChain, chosen by AVYAY_CLIENTS_LANGCHAIN=openai|responses|anthropic|embeddings."""

from __future__ import annotations

import os
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_tests.integration_tests import ChatModelIntegrationTests, EmbeddingsIntegrationTests

from benchmarks.clients.target import from_environment

TARGET = from_environment()
KIND = os.environ["AVYAY_CLIENTS_LANGCHAIN"]
OPENAI = {"base_url": f"{TARGET.url}/v1", "api_key": TARGET.key, "max_retries": 0, "timeout": 20}
ANTHROPIC = {
    "base_url": TARGET.url,
    "api_key": TARGET.key,
    "max_retries": 0,
    "timeout": 20,
    "max_tokens": 2000,
}


class _Chat(ChatModelIntegrationTests):
    """What every class here can do; what a class cannot is left out below."""

    @property
    def chat_model_class(self) -> Any:
        return ChatAnthropic if KIND == "anthropic" else ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        if KIND == "anthropic":
            return {**ANTHROPIC, "model": TARGET.model}
        return {
            **OPENAI,
            "model": TARGET.model,
            "stream_usage": True,
            "use_responses_api": KIND == "responses",
        }

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return True

    @property
    def supports_image_tool_message(self) -> bool:
        return KIND == "anthropic"

    @property
    def supports_pdf_inputs(self) -> bool:
        return True

    @property
    def supports_pdf_tool_message(self) -> bool:
        return KIND == "anthropic"

    @property
    def supports_audio_inputs(self) -> bool:
        return KIND == "openai"

    @property
    def supports_json_mode(self) -> bool:
        return KIND != "anthropic"

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def supports_model_override(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return TARGET.other_model


class _Embeddings(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> Any:
        return OpenAIEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        # Counting tokens first would fetch a vocabulary from the internet; the texts go as they are.
        return {**OPENAI, "model": TARGET.embedding_model, "check_embedding_ctx_length": False}


if KIND == "embeddings":
    TestSuite: type[Any] = _Embeddings
else:
    TestSuite = _Chat
