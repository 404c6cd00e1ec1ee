"""What the system knows of a process: its memory and its processor time."""

from pathlib import Path


class Figures:
    """What the system knows of a process."""

    def __init__(self, pid):
        self.folder = Path(f"/proc/{pid}")

    def resident(self):
        """How much memory it has now, in KiB."""
        return self._status("VmRSS")

    def peak(self):
        """The most it had since `forget_peak`, in KiB."""
        return self._status("VmHWM")

    def forget_peak(self):
        """Counts the peak from now on."""
        (self.folder / "clear_refs").write_text("5", encoding="ascii")

    def cpu(self):
        """How much processor time it took, in seconds."""
        tasks = [task.read_text(encoding="ascii") for task in self.folder.glob("task/*/schedstat")]
        return sum(int(task.split()[0]) for task in tasks) / 1e9

    def _status(self, name):
        lines = (self.folder / "status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
