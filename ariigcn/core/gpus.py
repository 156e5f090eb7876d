"""How many GPUs this machine has: torch is asked, and only where there is a driver."""

import os
import subprocess
import sys
from pathlib import Path

# Devices of NVIDIA's driver, of the same under WSL, and of AMD's.
DRIVERS = ("nvidia[0-9]*", "dxg", "kfd")


def visible_gpus(devices: Path = Path("/dev")) -> int:
    """The GPUs that torch sees; 0 without a driver, or where the environment hides them.

    Torch takes seconds to load, so that a machine without a driver is spared it, and memory that the
    caller may need, so that it is asked in a process of its own.

    Args:
        devices: folder of the system's devices.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1")
    if hidden or not any(any(devices.glob(driver)) for driver in DRIVERS):
        return 0
    code = "import torch; print(torch.cuda.device_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])
