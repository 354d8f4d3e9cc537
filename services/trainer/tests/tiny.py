"""A model of two layers with random weights, whose tokens are characters: real in form, small in size."""

from pathlib import Path

SPECIAL = ["<pad>", "<s>", "<e>", "<unk>", "<sys>", "<user>", "<asst>"]
PAD, BEGIN, END, UNKNOWN = range(4)

TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message.role == 'tool' %}{{ raise_exception('no tools here') }}{% endif %}"
    "{{ {'system': '<sys>', 'user': '<user>', 'assistant': '<asst>'}[message.role] }}"
    "{{ message.content }}<e>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<asst>{% endif %}"
)


def write_model(folder: Path, *, seed: int = 0, hidden: int = 64, context: int = 256) -> Path:
    """Writes the model and its tokenizer as transformers reads them."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    characters = [chr(code) for code in range(32, 127)] + ["\n"]
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(SPECIAL)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="<e>",
        unk_token="<unk>",
        pad_token="<pad>",
        additional_special_tokens=["<sys>", "<user>", "<asst>"],
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=context,
        pad_token_id=PAD,
        bos_token_id=BEGIN,
        eos_token_id=END,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
