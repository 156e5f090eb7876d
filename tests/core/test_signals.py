"""A request to stop is noted, waits for the grace, and leaves the handlers as they were."""

import os
import signal
import threading

import pytest

from ariigcn.core.signals import STOP_SIGNALS, StoppedError, StopRequest


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_is_noted_and_named_at_the_next_check(number):
    before = signal.getsignal(number)
    with StopRequest() as stop:
        stop.check("nothing came")
        assert not stop
        os.kill(os.getpid(), number)
        assert stop
        with pytest.raises(
            StoppedError, match=rf"{number.name}; 3 blocks are kept; run the same command"
        ):
            stop.check("3 blocks are kept")
    assert signal.getsignal(number) is before


def test_within_the_grace_work_may_be_finished():
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        stop.check("", grace_s=60)
        with pytest.raises(StoppedError):
            stop.check("", grace_s=0)


def test_the_first_request_counts():
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StoppedError, match="SIGUSR1"):
            stop.check("")


def test_outside_the_main_thread_it_does_nothing():
    found = []

    def work():
        with StopRequest() as stop:
            stop.check("")
            found.append(bool(stop))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]
