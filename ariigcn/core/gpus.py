"""How many GPUs this machine has, without loading torch where there is none."""

import os
from pathlib import Path


def visible_gpus(drivers: Path = Path("/dev")) -> int:
    """The GPUs that torch sees; 0 without a driver, or where the environment hides them.

    Args:
        drivers: folder of the system's devices: torch takes seconds to load and is asked only where
            one of them is a GPU's.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1")
    if hidden or not any(drivers.glob("nvidia[0-9]*")):
        return 0
    import torch

    return torch.cuda.device_count()
