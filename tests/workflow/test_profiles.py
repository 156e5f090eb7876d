"""The cluster's profile repeats what it replaces, and names rules that exist."""

import re

import yaml


def profile(root, name):
    return yaml.safe_load((root / "profiles" / name / "profile.yaml").read_text())


def test_the_clusters_profile_repeats_the_default_one(root):
    cluster, default = profile(root, "slurm"), profile(root, "default")
    assert {key: cluster[key] for key in default} == default


def test_it_names_rules_that_exist_and_never_lowers_their_memory_below_the_rules_own(root):
    text = "".join(p.read_text() for p in sorted((root / "workflow" / "rules").glob("*.smk")))
    own = dict(re.findall(r"rule (\w+):.*?mem_mb=(\d+)", text, re.S))
    rules = set(re.findall(r"rule (?:\w+ as )?(\w+)", text))
    for rule, resources in profile(root, "slurm")["set-resources"].items():
        assert rule in rules
        first = int(re.fullmatch(r"attempt \* (\d+)", resources["mem_mb"]).group(1))
        assert first >= int(own.get(rule, 0))
