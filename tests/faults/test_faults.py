"""A bad disk changes no result: a flipped bit or a zeroed sector is an error that names the file."""

import pytest

from tests.faults.experiment import READERS, draw_faults, make_files, outcome, run, table

FLIPS, SECTORS = 60, 89


@pytest.mark.timeout(1800)
@pytest.mark.faults
def test_no_flipped_bit_and_no_zeroed_sector_passes(tmp_path):
    make_files(tmp_path)
    found = run(tmp_path, list(draw_faults(tmp_path, FLIPS, SECTORS)))
    print(f"\n{table(found)}")
    assert sum(counts.total() for counts in found.values()) == FLIPS * len(READERS) + SECTORS
    assert {said for counts in found.values() for said in counts} <= {"refused", "harmless"}


def test_a_few_of_each_kind_are_refused_by_name(tmp_path):
    make_files(tmp_path)
    for fault in draw_faults(tmp_path, 6, 10):
        assert outcome(tmp_path, fault) in ("refused", "harmless"), fault
