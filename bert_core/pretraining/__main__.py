"""Command line of the pretraining pipeline.

    python -m bert_core.pretraining train --text corpus/en --heldout heldout_en.txt.xz \
        --folder runs/mini-en --vocabulary 12288 --minutes 120
    python -m bert_core.pretraining train --text corpus/en --heldout heldout_en.txt.xz \
        --folder runs/mini-en-longer --init-from assets/checkpoints/mini-en --minutes 60
    python -m bert_core.pretraining warm-start --from sentence-transformers/all-MiniLM-L6-v2 \
        --text corpus/en --output runs/start        # then: train --init-from runs/start
    python -m bert_core.pretraining evaluate --checkpoint runs/mini-en/checkpoint \
        --heldout heldout_en.txt.xz --pairs zorro/sentences --limit 60 --relations en
    python -m bert_core.pretraining average --output runs/mean \
        --checkpoint runs/mini-en/checkpoint runs/mini-en-longer/checkpoint
    python -m bert_core.pretraining plot --folder runs/mini-en --output curve.svg

The same `train` command again continues a run that was stopped or killed. Under `torchrun` the
processes share each batch.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from bert_core.bert import Bert, find_checkpoint
from bert_core.checkpoint import load_checkpoint, save_checkpoint
from bert_core.config import BertConfig
from bert_core.device import choose_device
from bert_core.masking import MaskingRule
from bert_core.model import BertForPreTraining
from bert_core.pretraining.average import average_checkpoints
from bert_core.pretraining.batches import BatchSource
from bert_core.pretraining.curve import draw_curve, thin
from bert_core.pretraining.documents import Corpus, find_text_files, open_corpus, read_documents
from bert_core.pretraining.evaluate import (
    EVALUATION_KINDS,
    evaluate,
    evaluate_kinds,
    evaluation_batches,
    everyday_figures,
    relation_figures,
)
from bert_core.pretraining.loop import Progress, Recipe, Run, SavePlan, Workers, read_metrics
from bert_core.pretraining.pairs import SINGLE_SENTENCES, TRAINING_MIX, PairMix
from bert_core.pretraining.paradigms import judge_paradigms, read_paradigms
from bert_core.pretraining.precision import (
    PRECISIONS,
    avoid_cudnn_attention,
    choose_precision,
)
from bert_core.pretraining.schedule import Budget
from bert_core.pretraining.warm_start import (
    PARTS,
    UNKNOWN,
    draw_missing_heads,
    log_frequencies,
    require_heads,
    source_record,
    with_vocabulary,
)
from bert_core.shelves import LANGUAGES
from bert_core.tokenizer import BertTokenizer

_RATES_FRESH = (4e-3, 2e-3)
_RATES_CONTINUED = (2e-3, 1e-3)
_LOGGED_PAIRS = 400
_SINGLE = "single"
"""The word for pairs of one sentence each among lengths."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; problems with the input are told in one line."""
    options = build_parser().parse_args(arguments)
    avoid_cudnn_attention()
    try:
        options.command(options)
    except (ValueError, OSError, FloatingPointError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bert_core.pretraining",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    train = commands.add_parser("train", help="train, or continue, a model")
    train.set_defaults(command=_train)
    train.add_argument(
        "--text",
        nargs="+",
        type=Path,
        required=True,
        help="files (.txt, .xz, .gz) or folders of them; a sentence per line, a blank line "
        "between documents",
    )
    train.add_argument("--heldout", nargs="+", type=Path, help="files kept out of training")
    train.add_argument("--folder", type=Path, required=True, help="folder for everything written")
    train.add_argument(
        "--cache",
        type=Path,
        default=Path.home() / ".cache" / "headlight" / "corpus",
        help="folder for tokenised text (default: %(default)s)",
    )
    start = train.add_mutually_exclusive_group(required=True)
    start.add_argument("--init-from", type=Path, help="checkpoint whose weights to continue")
    start.add_argument("--vocabulary", type=int, help="learn this many pieces and start afresh")
    train.add_argument("--language", choices=LANGUAGES, default="en")
    budget = train.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float, help="of training; pauses are not counted")
    budget.add_argument("--steps", type=int)
    train.add_argument("--layers", type=int, default=4)
    train.add_argument("--heads", type=int, default=8)
    train.add_argument("--hidden", type=int, default=256)
    train.add_argument("--inner", type=int, default=1024, help="feed-forward size")
    train.add_argument(
        "--initial-scale", type=float, default=0.05, help="standard deviation of random weights"
    )
    train.add_argument("--dropout", type=float, default=0.0)
    train.add_argument("--matrix-rate", type=float, help="Muon's peak rate; 0: AdamW alone")
    train.add_argument("--other-rate", type=float, help="AdamW's peak rate")
    train.add_argument("--warmup", type=float, default=0.05, help="share of the budget")
    train.add_argument("--nsp-weight", type=float, default=1.0)
    train.add_argument(
        "--average",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="keep the mean of the weights over this last share of the budget, and end with it if "
        "it is the better on training text; 0: off (default: %(default)s)",
    )
    train.add_argument(
        "--lengths",
        nargs="+",
        metavar="TOKENS=SHARE",
        help="how often pairs are packed to so many tokens, single=SHARE for one sentence each "
        f"(default: {' '.join(_lengths(TRAINING_MIX))})",
    )
    train.add_argument("--batch-tokens", type=int, default=4096, help="padding counted")
    train.add_argument(
        "--rows-multiple",
        type=int,
        help="rows of a batch are a multiple of this (default: the number of processes)",
    )
    train.add_argument("--whole-words", action="store_true", help="mask whole words")
    train.add_argument(
        "--weight",
        action="append",
        default=[],
        metavar="FILE=TIMES",
        help="how often a pass reads this file, such as stories.txt.xz=2.5",
    )
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--save-minutes", type=float, default=2.0)
    train.add_argument("--log-steps", type=int, default=50)
    train.add_argument("--device", default="auto")
    train.add_argument("--threads", type=int, help="CPU threads of this process")
    train.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="of the matrix products; auto measures what is faster here (default: %(default)s)",
    )
    train.add_argument("--compile", action="store_true", help="compile the model first")

    warm = commands.add_parser(
        "warm-start", help="published weights as a start: draw the heads that they lack"
    )
    warm.set_defaults(command=_warm_start)
    warm.add_argument(
        "--from", dest="source", required=True, help="a folder or a name on the Hugging Face hub"
    )
    warm.add_argument(
        "--text",
        nargs="+",
        type=Path,
        required=True,
        help="the text to train on: its frequencies are the MLM bias",
    )
    warm.add_argument(
        "--vocabulary",
        type=Path,
        metavar="FOLDER",
        help="a tokenizer for another language: pieces that the source has keep their embeddings, "
        "the others' are drawn",
    )
    warm.add_argument("--output", type=Path, required=True, help="folder of the new checkpoint")
    warm.add_argument("--licence", help="of the source, where its model card does not say it")
    warm.add_argument("--cache", type=Path, default=train.get_default("cache"))
    warm.add_argument("--seed", type=int, default=0)

    judge = commands.add_parser("evaluate", help="figures of a checkpoint on held-out text")
    judge.set_defaults(command=_evaluate)
    judge.add_argument("--checkpoint", type=Path, required=True)
    judge.add_argument("--heldout", nargs="+", type=Path, help="files kept out of training")
    judge.add_argument(
        "--kinds",
        nargs="+",
        choices=EVALUATION_KINDS,
        default=list(EVALUATION_KINDS),
        help="of held-out pairs (default: all)",
    )
    judge.add_argument(
        "--pairs",
        nargs="+",
        type=Path,
        help="minimal pairs, a file per paradigm or folders of them: right, tab, wrong; or JSON "
        "lines with sentence_good and sentence_bad (BLiMP, SLING); or a line wrong, a line right "
        "(Zorro)",
    )
    judge.add_argument("--limit", type=int, help="so many pairs of each paradigm at most")
    judge.add_argument("--cache", type=Path, default=train.get_default("cache"))
    judge.add_argument(
        "--language", choices=LANGUAGES, help="also try the project's everyday texts"
    )
    judge.add_argument(
        "--relations",
        choices=LANGUAGES,
        help="also find the head that links the words of each grammatical relation best",
    )
    judge.add_argument("--device", default="auto")
    judge.add_argument("--threads", type=int)

    mean = commands.add_parser("average", help="the mean of several checkpoints' weights")
    mean.set_defaults(command=_average)
    mean.add_argument("--checkpoint", nargs="+", type=Path, required=True)
    mean.add_argument("--output", type=Path, required=True, help="folder of the new checkpoint")

    plot = commands.add_parser("plot", help="the training curve of a run as an SVG picture")
    plot.set_defaults(command=_plot)
    plot.add_argument("--folder", type=Path, required=True)
    plot.add_argument("--output", type=Path, required=True)
    return parser


def _train(options: argparse.Namespace) -> None:
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = choose_device(options.device)
    workers = Workers.from_environment(device)
    files = find_text_files(options.text)
    mix = _pair_mix(options.lengths) if options.lengths else TRAINING_MIX
    with workers.lead_first():
        model, tokenizer = _start(options, files, mix)
        corpus = open_corpus(files, tokenizer, options.cache)
        heldout = None
        if options.heldout:
            heldout = open_corpus(find_text_files(options.heldout), tokenizer, options.cache)
    if options.init_from is None:
        with torch.no_grad():
            model.cls.predictions.bias.copy_(log_frequencies(corpus, model.config.vocab_size))
    look_at_heldout = None
    if heldout is not None:
        kind = EVALUATION_KINDS["packed_64"]
        logged = evaluation_batches(heldout, tokenizer, kind, _LOGGED_PAIRS)
        look_at_heldout = partial(evaluate, model, logged, tokenizer.mask_id, device)
    torch.manual_seed(options.seed + workers.rank)  # dropout differs between processes
    matrix_rate, other_rate = _RATES_CONTINUED if options.init_from else _RATES_FRESH
    recipe = Recipe(
        matrix_rate=matrix_rate if options.matrix_rate is None else options.matrix_rate,
        other_rate=other_rate if options.other_rate is None else options.other_rate,
        warmup=options.warmup,
        nsp_weight=options.nsp_weight,
    )
    run = Run(
        model=model,
        source=BatchSource(
            corpus=corpus,
            tokenizer=tokenizer,
            mix=mix,
            rule=MaskingRule(whole_words=options.whole_words),
            tokens_per_batch=options.batch_tokens,
            seed=options.seed,
            source_weights=dict(_named_number("--weight", text) for text in options.weight),
            rows_multiple=options.rows_multiple or workers.world_size,
        ),
        budget=Budget(
            steps=options.steps,
            seconds=None if options.minutes is None else options.minutes * 60,
        ),
        folder=options.folder,
        device=device,
        recipe=recipe,
        save_plan=SavePlan(save_seconds=options.save_minutes * 60, log_steps=options.log_steps),
        workers=workers,
        precision=_common_precision(options.precision, device, workers),
        compile=options.compile,
        average=options.average,
        evaluate=look_at_heldout,
    )
    with StopSignal() as stop:
        run.stop_requested = stop.requested
        progress = run.train()
    if workers.leads and run.budget.spent(progress.step, progress.seconds) >= 1.0:
        _finish(run, progress, heldout, options)
    workers.leave()


def _common_precision(name: str, device: torch.device, workers: Workers) -> torch.dtype:
    """The lead's choice for all processes, each of which may have measured something else."""
    lower = torch.tensor(choose_precision(name, device) == torch.bfloat16)
    return torch.bfloat16 if workers.gather({"lower": lower})[0]["lower"] else torch.float32


def _start(
    options: argparse.Namespace, files: Sequence[Path], mix: PairMix
) -> tuple[BertForPreTraining, BertTokenizer]:
    """The untrained or continued model, with the dropout of this run, and its tokenizer.

    Raises:
        ValueError: the checkpoint cannot be continued: it lacks a head, or positions for the mix.
    """
    if options.init_from is not None:
        loaded = load_checkpoint(options.init_from)
        require_heads(loaded, options.init_from.name)
        tokenizer, config = loaded.tokenizer, loaded.model.config
        if mix.longest > config.max_position_embeddings:
            raise ValueError(
                f"Pairs of up to {mix.longest} tokens; {options.init_from.name} reads "
                f"{config.max_position_embeddings}. Give shorter --lengths."
            )
    else:
        tokenizer = _vocabulary(options, files)
        config = BertConfig(
            vocab_size=tokenizer.vocab_size,
            hidden_size=options.hidden,
            num_hidden_layers=options.layers,
            num_attention_heads=options.heads,
            intermediate_size=options.inner,
            max_position_embeddings=mix.longest,
            initializer_range=options.initial_scale,
        )
    config = replace(
        config,
        hidden_dropout_prob=options.dropout,
        attention_probs_dropout_prob=options.dropout,
    )
    model = BertForPreTraining(config)
    if options.init_from is not None:
        model.load_state_dict(loaded.model.state_dict())
    return model, tokenizer


def _vocabulary(options: argparse.Namespace, files: Sequence[Path]) -> BertTokenizer:
    """The vocabulary of the run: learnt from the text once, then read from the run's folder."""
    folder = options.folder / "vocabulary"
    if not folder.is_dir():
        sentences = (s for path in files for document in read_documents(path) for s in document)
        tokenizer = BertTokenizer.learn(
            sentences,
            options.vocabulary,
            limit_alphabet=1000 if options.language == "en" else options.vocabulary * 9 // 10,
        )
        unfinished = options.folder / "vocabulary.unfinished"
        unfinished.mkdir(parents=True, exist_ok=True)
        tokenizer.save(unfinished)
        unfinished.rename(folder)
    return BertTokenizer.from_folder(folder)


def _finish(
    run: Run, progress: Progress, heldout: Corpus | None, options: argparse.Namespace
) -> None:
    """Evaluate and write the checkpoint with its `training.json`."""
    source = run.source
    figures = {}
    if heldout is not None:
        figures = evaluate_kinds(run.model, heldout, source.tokenizer, run.device)
    training = {
        "corpus": corpus_record(source.corpus) | {"weights": dict(source.source_weights or {})},
        "continued_from": _earlier_training(options.init_from),
        "tokens_seen": progress.tokens,
        "steps": progress.step,
        "seconds": round(progress.seconds, 1),
        "device": device_name(run.device),
        "precision": str(run.precision).removeprefix("torch."),
        "seed": source.seed,
        "recipe": vars(run.recipe),
        "lengths": _lengths(source.mix),
        "batch_tokens": source.tokens_per_batch,
        "average": None if run.weight_choice is None else asdict(run.weight_choice),
        "heldout": figures,
        "everyday": everyday_figures(run.model, source.tokenizer, options.language),
        "curve": thin(read_metrics(run.folder / "metrics.jsonl")),
    }
    save_checkpoint(
        run.folder / "checkpoint",
        run.model,
        source.tokenizer,
        extra_files={"training.json": as_json(training)},
    )
    print(json.dumps(figures, indent=1))


def corpus_record(corpus: Corpus) -> dict[str, Any]:
    """What `training.json` says of the text."""
    return {
        "files": list(corpus.sources),
        "digest": corpus.digest,
        "tokens": corpus.num_tokens,
    }


def as_json(record: dict[str, Any]) -> str:
    """A record as it stands in its file."""
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _earlier_training(checkpoint: Path | None) -> dict[str, Any] | None:
    """Name and `training.json` of the checkpoint whose weights were continued."""
    if checkpoint is None:
        return None
    record = checkpoint / "training.json"
    training = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else None
    return {"name": checkpoint.name, "training": training}


def device_name(device: torch.device) -> str:
    """The device in words for `training.json`."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{device.type}, {threads} thread{'s' * (threads != 1)}"


def _warm_start(options: argparse.Namespace) -> None:
    folder = find_checkpoint(options.source)
    loaded = load_checkpoint(folder)
    tokenizer = loaded.tokenizer
    if options.vocabulary is not None:
        tokenizer = BertTokenizer.from_folder(options.vocabulary)
    corpus = open_corpus(find_text_files(options.text), tokenizer, options.cache)
    embeddings = {}
    if options.vocabulary is not None:
        loaded, shared = with_vocabulary(loaded, tokenizer, corpus, options.seed)
        embeddings = {
            "vocabulary": {
                "pieces": tokenizer.vocab_size,
                "embeddings_kept": shared,
            }
        }
    name = "/".join(Path(options.source).parts[-2:])  # a hub's name, or no more of a path than that
    source = source_record(folder, name, options.licence)
    drawn = draw_missing_heads(loaded, corpus, options.seed)
    kept = [part for part in PARTS if part not in drawn]
    training = {
        "warm_start": {"source": source, "kept": kept, "drawn": drawn, "seed": options.seed}
        | embeddings,
        "corpus": corpus_record(corpus),
        "continued_from": _earlier_training(folder),
        "tokens_seen": 0,
        "steps": 0,
    }
    save_checkpoint(
        options.output,
        loaded.model,
        loaded.tokenizer,
        extra_files={"training.json": as_json(training)},
    )
    print(json.dumps(training["warm_start"], indent=1))
    if source["licence"] == UNKNOWN:
        print(
            "The licence of the source is unknown: its model card does not name one. Give it with "
            "--licence before you pass the weights on.",
            file=sys.stderr,
        )


def _evaluate(options: argparse.Namespace) -> None:
    if not (options.heldout or options.pairs or options.language or options.relations):
        raise ValueError("Say on what to evaluate: --heldout, --pairs, --language or --relations.")
    if options.threads:
        torch.set_num_threads(options.threads)
    device = choose_device(options.device)
    loaded = load_checkpoint(options.checkpoint)
    bert = Bert(options.checkpoint.name, loaded.model.to(device), loaded.tokenizer, loaded.missing)
    figures: dict[str, Any] = {}
    if options.heldout:
        corpus = open_corpus(find_text_files(options.heldout), bert.tokenizer, options.cache)
        figures |= evaluate_kinds(bert.model, corpus, bert.tokenizer, device, options.kinds)
    if options.pairs:
        paradigms = read_paradigms(options.pairs)
        figures["pairs"] = judge_paradigms(bert, paradigms, options.limit)
    if options.relations:
        figures["relations"] = relation_figures(bert, options.relations)
    if options.language:
        figures["everyday"] = everyday_figures(bert.model, bert.tokenizer, options.language)
    print(json.dumps(figures, indent=1))


def _average(options: argparse.Namespace) -> None:
    mean = average_checkpoints(options.checkpoint)
    save_checkpoint(options.output, mean.model, mean.tokenizer)


def _plot(options: argparse.Namespace) -> None:
    metrics = read_metrics(options.folder / "metrics.jsonl")
    options.output.write_text(draw_curve(metrics, options.folder.name), encoding="utf-8")


def _named_number(option: str, text: str) -> tuple[str, float]:
    """`name=number` as a pair.

    Raises:
        ValueError: not of that form.
    """
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError as problem:
        raise ValueError(f"{option} takes NAME=NUMBER, got {text!r}.") from problem


def _pair_mix(texts: Sequence[str]) -> PairMix:
    """The mix of pair lengths that `--lengths` names.

    Raises:
        ValueError: not of the form TOKENS=SHARE or single=SHARE, or no mix.
    """
    shares: dict[int, float] = {}
    for text in texts:
        name, share = _named_number("--lengths", text)
        if name != _SINGLE and not name.isdecimal():
            raise ValueError(f"--lengths takes TOKENS=SHARE or {_SINGLE}=SHARE, got {text!r}.")
        shares[SINGLE_SENTENCES if name == _SINGLE else int(name)] = share
    packed = [length for length in shares if length != SINGLE_SENTENCES]
    longest = max(packed, default=TRAINING_MIX.longest)
    return replace(TRAINING_MIX, shares=shares, longest=longest)


def _lengths(mix: PairMix) -> list[str]:
    """A mix as `--lengths` takes it."""
    return [
        f"{_SINGLE if length == SINGLE_SENTENCES else length}={share:g}"
        for length, share in mix.shares.items()
    ]


class StopSignal:
    """Within its block, the first interrupt or termination signal asks for a save and an end."""

    def __enter__(self) -> "StopSignal":
        self._received = False
        self._before = {
            number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *problem: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: object) -> None:
        self._received = True
        signal.signal(number, signal.SIG_DFL)

    def requested(self) -> bool:
        """Has a signal come?"""
        return self._received


if __name__ == "__main__":
    sys.exit(main())
