"""How models and parts of agents are reached."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr

from offhook.settings import values


class Models(BaseModel):
    """Keys and addresses."""

    openai_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `gpt-realtime` and `openai:…` are used with.")
    ] = None
    openai_base_url: Annotated[
        str | None,
        AfterValidator(lambda text: text and values.url(text)),
        Field(
            title="a URL such as https://api.openai.com/v1",
            description="Another server that speaks OpenAI Realtime, or has parts for `cascade`; it may need no key.",
        ),
    ] = None
    openai_realtime_api: Annotated[
        Literal["ga", "beta"],
        BeforeValidator(str.lower),
        Field(title="ga or beta", description="The dialect of that server: OpenAI's of today, or the older one."),
    ] = "ga"
    anthropic_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `anthropic` is used with, in a `cascade`.")
    ] = None
    deepgram_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `deepgram` is used with, in a `cascade`.")
    ] = None
    assemblyai_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `assemblyai` is used with, in a `cascade`.")
    ] = None
    elevenlabs_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `elevenlabs` is used with, in a `cascade`.")
    ] = None
    azure_speech_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `azure` is used with, in a `cascade`.")
    ] = None
    azure_speech_region: Annotated[
        str | None,
        Field(title="a region such as westeurope", description="Where the Azure Speech resource of that key is."),
    ] = None
    google_application_credentials: Annotated[
        str | None,
        Field(
            title="a path",
            description="The credentials that `google` is used with, in a `cascade`. Unset: those of the machine.",
        ),
    ] = None
    google_cloud_project: Annotated[
        str | None,
        Field(title="a project id", description="The project that pays for `google`. Unset: that of the credentials."),
    ] = None
    azure_voice_live_endpoint: Annotated[
        str | None,
        AfterValidator(lambda text: text and values.endpoint(text)),
        Field(
            title="a URL such as https://my-resource.services.ai.azure.com",
            description="The resource that `voice-live` and `azure:…` are used at.",
        ),
    ] = None
    azure_voice_live_api_key: Annotated[
        SecretStr | None,
        Field(title="a text", description="The resource's key. Unset: a token of whoever is signed in to Azure."),
    ] = None
    azure_user_assigned_identity_client_id: Annotated[
        str | None, Field(title="a client id", description="The managed identity whose token is used.")
    ] = None
    azure_voice_live_api_version: Annotated[
        str, Field(title="a version such as 2026-07-15", description="The version of the Voice Live API.")
    ] = "2026-07-15"
    azure_voice_live_scope: Annotated[str, Field(title="a scope", description="What the token is asked for.")] = (
        "https://ai.azure.com/.default"
    )
    voice_live_model: Annotated[
        str | None,
        Field(title="a model of Voice Live", description="What `voice-live` stands for. Unset: the usual one."),
    ] = None
