"""The production profile as it is deployed: the units of deploy/ as processes, behind nginx.

Commands and numbers of processes are read from the units, the proxy's rules from its site, so what
is run here is what is written there. What differs is said in `_site`: ports, and no TLS.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from tests.processes import ROOT, Proc, free_port
from tests.stack import Stack
from tests.stack import why_not as why_no_stack

DEPLOY = ROOT / "deploy"
PYTHON = "/opt/isobot/.venv/bin/python"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin")

# Everything nginx keeps is in one folder, and it stays in the foreground.
FRAME = """\
daemon off; user root; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/upstream.conf; include {folder}/site.conf;
}}
"""


def why_not() -> str:
    """Why the profile cannot run here; empty where it can."""
    return why_no_stack("production") or ("" if NGINX else "the production profile needs nginx")


def wanted() -> list[str]:
    """The units the target starts: `isobot-web@8001.service` and so on."""
    target = (DEPLOY / "systemd/isobot.target").read_text()
    return [name for line in re.findall(r"^Wants=(.*)$", target, re.M) for name in line.split()]


def command(unit: str) -> list[str]:
    """What a unit runs, without its interpreter."""
    name, _, instance = unit.removesuffix(".service").partition("@")
    path = DEPLOY / "systemd" / f"{name}{'@' if instance else ''}.service"
    found = re.search(r"^ExecStart=(.*)$", path.read_text(), re.M)
    assert found, path
    python, *argv = shlex.split(found[1].replace("%i", instance).replace("%%", "%"))
    assert python == PYTHON, python
    return argv


class Fleet(Stack):
    """Two web processes, two workers and a schedule behind nginx, which `url` names."""

    def __init__(self) -> None:
        super().__init__("production")
        self.nginx = self._proc("nginx", self._nginx())
        self.nginx.start()

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "ISOBOT_TRUSTED_PROXIES": "127.0.0.1"}

    def _commands(self) -> dict[str, list[str]]:
        self.ports = {port: free_port() for port in ("8001", "8002")}
        found = {}
        for unit in wanted():
            argv = command(unit)
            if "--port" in argv:
                at = argv.index("--port") + 1
                argv[at] = str(self.ports[argv[at]])
            found[unit.removesuffix(".service")] = argv
        return found

    def _nginx(self) -> list[str]:
        upstream = (DEPLOY / "nginx/upstream.conf").read_text()
        for port, ours in self.ports.items():
            upstream = _swapped(upstream, f":{port}", f":{ours}")
        (self.folder / "upstream.conf").write_text(upstream)
        (self.folder / "site.conf").write_text(self._site())
        conf = self.folder / "nginx.conf"
        conf.write_text(FRAME.format(folder=self.folder))
        code = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
        return ["-c", code, str(NGINX), "-c", str(conf), "-p", str(self.folder)]

    def _site(self) -> str:
        """The second server of the site, on a port of its own and without TLS."""
        text = (DEPLOY / "nginx/isobot.conf").read_text()
        text = text[text.index("server {", text.index("server {") + 1) :]
        text = _swapped(text, "listen 443 ssl http2;", f"listen 127.0.0.1:{self.port};")
        return re.sub(r"^\s*ssl_certificate.*$", "", text, flags=re.M)

    def close(self, *, failed: bool = False) -> None:
        self.nginx.end()
        super().close(failed=failed)

    def of(self, kind: str) -> list[Proc]:
        """The processes of one unit."""
        return [proc for name, proc in self.parts.items() if name.startswith(f"isobot-{kind}")]


def _swapped(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old} stands {text.count(old)} times"
    return text.replace(old, new)


def units() -> list[Path]:
    return sorted((DEPLOY / "systemd").iterdir())
