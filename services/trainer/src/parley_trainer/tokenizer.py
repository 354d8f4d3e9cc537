"""The base model's tokenizer, and where its engine stops."""

from contextlib import suppress
from typing import cast

from jinja2.exceptions import TemplateError as JinjaError
from transformers import AutoConfig, AutoTokenizer, GenerationConfig, PreTrainedTokenizerBase

from .errors import JobError, one_line
from .examples import TemplateError


class ModelTokenizer:
    """A `ChatTokenizer` by the files of a model."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, ends: set[int], context: int) -> None:
        """Takes the tokens after which generation stops, and the most tokens that the model can attend to."""
        self.tokenizer = tokenizer
        self.ends = ends
        self.end = min(ends) if tokenizer.eos_token_id is None else int(tokenizer.eos_token_id)
        self.context = context

    def render(self, messages: list[dict[str, str]], *, prompt: bool) -> str:
        """As `ChatTokenizer`."""
        try:
            text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
        except JinjaError as error:
            raise TemplateError(one_line(error)) from error
        return cast(str, text)

    def encode(self, text: str) -> list[int]:
        """As `ChatTokenizer`."""
        return cast(list[int], self.tokenizer(text, add_special_tokens=False)["input_ids"])


def load_tokenizer(location: str) -> ModelTokenizer:
    """Loads what is needed to turn rows into tokens; JobError when the model has no such thing."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(location)
        config = AutoConfig.from_pretrained(location)
    except (OSError, ValueError, KeyError) as error:
        raise JobError(f"base: cannot load the tokenizer at {location}: {one_line(error)}") from error
    if tokenizer.chat_template is None:
        raise JobError(f"base: the tokenizer at {location} has no chat template")
    ends = {tokenizer.eos_token_id, *_as_list(config.get_text_config().eos_token_id)}
    with suppress(OSError):  # A model need not have a generation_config.json.
        ends |= set(_as_list(GenerationConfig.from_pretrained(location).eos_token_id))
    ends.discard(None)
    if not ends:
        raise JobError(f"base: the model at {location} has no token that ends an answer")
    context = getattr(config.get_text_config(), "max_position_embeddings", None) or 10**9
    return ModelTokenizer(tokenizer, ends, context)


def _as_list(value: int | list[int] | None) -> list[int | None]:
    return list(value) if isinstance(value, list) else [value]
