"""Where everything of a run lies. Names in braces are Snakemake's wildcards, unless they are given."""

import re
from dataclasses import dataclass

from ariigcn.config.sections import Config
from ariigcn.core.plugins import short_name


@dataclass(frozen=True)
class Files:
    """The files of one corpus and run.

    Args:
        data: folder of the utterance table and of what is made or downloaded.
        results: folder of what the run makes: models, tables, figures, the page, logs.
        shared: folder of what all runs of the corpus share, since its names tell what it is made with:
            features, graphs, fine-tuned encoders; and labels by split.
        shards: jobs that an encoder's extraction is split in.
    """

    data: str
    results: str
    shared: str
    shards: int = 1

    @classmethod
    def of(cls, config: Config) -> "Files":
        """The files of a configuration's corpus and run."""
        corpus, model = short_name(config.corpus), config.predict.model
        data, shared = f"{config.data_dir}/{corpus}", f"{config.results_dir}/{corpus}"
        results = f"{shared}.{config.run}" if config.run else shared
        if model is not None:  # beside what is trained on the same corpus, and none of it
            own = re.sub(r"[^a-z0-9.]+", "-", model.lower()).strip("-.") or "model"
            data, results = f"{data}/predictions", f"{results}/predictions/{own}"
            shared = results
        return cls(data, results, shared, config.features.shards)

    @property
    def table(self) -> str:
        """The utterance table."""
        return f"{self.data}/utterances.parquet"

    @property
    def trainable(self) -> str:
        """Labels by split; it is there once there are those that training needs."""
        return f"{self.shared}/trainable.json"  # features wait for it

    @property
    def configuration(self) -> str:
        """What the results were made with."""
        return f"{self.results}/configuration.json"

    @property
    def report(self) -> str:
        """The page."""
        return f"{self.results}/report.html"

    @property
    def quality(self) -> str:
        """What came out of extraction."""
        return f"{self.results}/tables/quality.json"

    @property
    def tuned(self) -> str:
        """The best settings of a search, as an overlay."""
        return f"{self.results}/tuned.yaml"

    @property
    def benchmarks(self) -> str:
        """The folder of each job's seconds and memory."""
        return f"{self.results}/benchmarks"

    @property
    def predictions(self) -> str:
        """What a trained model makes of every utterance, Parquet."""
        return f"{self.results}/predictions.parquet"

    @property
    def predictions_page(self) -> str:
        """The page that lists the conversations of :attr:`predictions`."""
        return f"{self.results}/predictions.html"

    @property
    def conversation_pages(self) -> str:
        """The folder of the conversations' own pages."""
        return f"{self.results}/conversations"

    @property
    def transcripts(self) -> str:
        """The folder of transcripts that a machine has written."""
        return f"{self.data}/transcripts"

    def heard(self, shards: int, shard: int | str = "{shard}") -> str:
        """What one of several transcribing jobs says of its recordings."""
        return f"{self.transcripts}/.shards/{shard}-of-{shards}.json"

    def log(self, job: str) -> str:
        """A job's log."""
        return f"{self.results}/logs/{job}.log"

    def benchmark(self, job: str) -> str:
        """A job's seconds and memory."""
        return f"{self.benchmarks}/{job}.tsv"

    def store(self, modality: str = "{modality}", store: str = "{store}") -> str:
        """A feature store."""
        return f"{self.shared}/features/{modality}.{store}.h5"

    def shard(self, modality: str = "{modality}") -> str:
        """What one of several extraction jobs writes."""
        folder = f"{self.shared}/features/.shards/{modality}.{{store}}"
        return f"{folder}/{{shard}}-of-{self.shards}.h5"

    def finetuned(self, name: str = "{finetuning}") -> str:
        """The folder of fine-tuned encoders."""
        return f"{self.shared}/finetuned/{name}"

    def decoded(self, name: str = "{decoding}") -> str:
        """What was read of the clips, to fine-tune on."""
        return f"{self.shared}/decoded/{name}.h5"

    def joined(self, name: str = "{joined}") -> str:
        """The feature store of fine-tuned encoders, by modality and name."""
        return f"{self.shared}/features/{name}.h5"

    def graph(self, graph: str = "{graph}") -> str:
        """A graph file."""
        return f"{self.shared}/graphs/{graph}.h5"

    def experiment(self, file: str, experiment: str = "{experiment}") -> str:
        """A file of an experiment, over all its seeds."""
        return f"{self.results}/{experiment}/{file}"

    def run(self, file: str, experiment: str = "{experiment}", seed: int | str = "{seed}") -> str:
        """A file of one experiment and seed."""
        return self.experiment(f"seed-{seed}/{file}", experiment)

    def trials(self, experiment: str = "{experiment}", worker: int | str = "{worker}") -> str:
        """The trials that one worker of a search has made."""
        return f"{self.results}/tune/{experiment}.worker-{worker}.json"

    def figure(self, name: str) -> str:
        """A figure; with its ending."""
        return f"{self.results}/figures/{name}"

    def csv(self, name: str) -> str:
        """A table."""
        return f"{self.results}/tables/{name}.csv"

    def latex(self, name: str) -> str:
        """A table for a paper."""
        return f"{self.results}/tables/{name}.tex"
