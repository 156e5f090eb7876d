"""The cluster's profile repeats what it replaces, and names rules that exist."""

import re
import subprocess
import sys

import pytest
import yaml


def profile(root, name):
    return yaml.safe_load((root / "profiles" / name / "profile.yaml").read_text())


def test_the_clusters_profile_repeats_the_default_one(root):
    cluster, default = profile(root, "slurm"), profile(root, "default")
    assert {key: cluster[key] for key in default} == default


def test_every_rules_memory_grows_with_the_attempt_from_no_less_than_its_own(root):
    text = "".join(p.read_text() for p in sorted((root / "workflow" / "rules").glob("*.smk")))
    rules = re.split(r"^ *rule (?=\w+:)", text, flags=re.M)[1:]
    found = [re.match(r"(\w+):.*?mem_mb=(\d+)", rule, re.S) for rule in rules]
    own = dict(match.groups() for match in found if match)
    own.pop("download")  # a local rule
    for same in re.findall(r"use rule extract_text as (\w+)", text):
        own[same] = own["extract_text"]
    resources = profile(root, "slurm")["set-resources"]
    assert set(resources) == set(own)
    for rule, least in own.items():
        first = re.fullmatch(r"attempt \* (\d+)", resources[rule]["mem_mb"]).group(1)
        assert int(first) >= int(least)


GPUS_OF_A_WORKFLOW = """
import sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import DAGSettings, OutputSettings, Quietness, ResourceSettings
from ariigcn.core import gpus

gpus.visible_gpus = lambda: int(sys.argv[1])
jobs = int(sys.argv[2]) or None
with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
    outer = api.workflow(ResourceSettings(cores=8, nodes=jobs), snakefile=Path("Snakefile"))
    outer.dag(DAGSettings())
    inner = outer._workflow
    inner._prepare_dag(forceall=False, ignore_incomplete=True, lock_warn_only=True)
    print(inner.global_resources["gpu"].value if "gpu" in inner.global_resources else "no bound")
"""


@pytest.mark.parametrize(
    ("seen", "cluster_jobs", "bound"), [(2, 0, "2"), (0, 0, "no bound"), (2, 200, "no bound")]
)
def test_jobs_of_one_machine_share_its_gpus(root, seen, cluster_jobs, bound):
    command = [sys.executable, "-c", GPUS_OF_A_WORKFLOW, str(seen), str(cluster_jobs)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[-2] == bound
