"""One place to choose a device and to seed."""

import torch


def choose_device(name: str = "auto") -> torch.device:
    """`auto` takes cuda, then mps, then cpu; any other name is used as it is.

    Raises:
        ValueError: the named device is not on this machine.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": torch.backends.mps.is_available()}
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or (device.index or 0) >= count.get(device.type, 0):
        have = ", ".join(kind for kind, number in count.items() if number)
        raise ValueError(f"device {name!r} is not available here; available: {have}")
    return device


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator of its own, so that no draw depends on who drew before."""
    return torch.Generator(device=device).manual_seed(seed)
