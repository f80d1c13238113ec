"""A tiny random BERT with unequal sizes: 3 layers, 4 heads of size 5, a vocabulary of 20."""

import torch

from bert_core.bert import Bert
from bert_core.config import BertConfig
from bert_core.model import BertForPreTraining
from bert_core.tokenizer import BertTokenizer

WORDS = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    *("the", "cat", "saw", "a", "dog", "it", "was", "tired", "wide", "##s"),
    *("我", "喜", "欢", ".", "street"),
]


def toy_bert(seed: int = 7, tied: bool = True) -> Bert:
    """The toy with weights large enough for attention to be far from uniform."""
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=20,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=37,
        max_position_embeddings=40,
        type_vocab_size=2,
        tie_word_embeddings=tied,
    )
    torch.manual_seed(seed)
    model = BertForPreTraining(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "LayerNorm" not in name:
                parameter.normal_(0.0, 0.6)
    tokenizer = BertTokenizer.from_vocab({word: index for index, word in enumerate(WORDS)})
    return Bert("toy", model, tokenizer, missing={})
