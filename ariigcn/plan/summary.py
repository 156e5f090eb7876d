"""What a configuration stands for, in a few lines for people."""

from ariigcn.plan.corpus import media_root
from ariigcn.plan.plan import Plan


def summary(plan: Plan) -> list[str]:
    """Corpus, features, experiments, seeds, runs and folders, a line each."""
    config = plan.config
    stores = [f"{m} {', '.join(names) or 'none'}" for m, names in plan.stores.items()]
    runs = len(set(plan.trained_as.values())) * len(config.seeds)
    return [
        f"corpus       {config.corpus}, from {media_root(config)}",
        f"features     {'; '.join(stores)}",
        f"experiments  {len(plan.experiments)}: {', '.join(plan.experiments)}",
        f"seeds        {', '.join(map(str, config.seeds))}",
        f"runs         {runs} training run(s)",
        f"results      {plan.files.results}",
        f"data         {plan.files.data}",
    ]
