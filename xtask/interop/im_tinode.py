"""PortSIP IM: `tieline serve` against a client library of the Tinode family, the npm package tinode-sdk under Node.

The library asks for a path of its own with an API key, says `hi` first, sends notes and bare `1` probes. The chat is
`tinode/chat.js`. It logs in by its generic login, with the scheme and the secret of PortSIP.

Run by `cargo xtask interop`, which sets TIELINE_BIN and TIELINE_TINODE, the folder of the chat with its packages.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

from support import WHOLE_RUN
from support.im import Service


def chat(folder):
    with Service(users=2) as service:
        alice, bob = service.user(), service.user()
        command = ["node", "chat.js", urlparse(service.http).netloc, alice.id, alice.secret(), bob.id, bob.secret()]
        return subprocess.run(command, cwd=folder, timeout=WHOLE_RUN, check=False).returncode


if __name__ == "__main__":
    place = Path(os.environ["TIELINE_TINODE"])
    if shutil.which("node") is None or not (place / "node_modules" / "tinode-sdk").is_dir():
        print("SKIPPED: node and npm are not on the PATH and could not be installed: no chat by tinode-sdk")
        sys.exit(0)
    sys.exit(chat(place))
