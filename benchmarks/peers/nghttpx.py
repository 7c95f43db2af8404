"""nghttpx, on the library that Yett speaks HTTP/2 by; it asks nobody who they are."""

from parts.program import free_port

NAME = "nghttpx, no authentication"


def start(bench, application, setup):
    port = free_port()
    front = f"127.0.0.1,{port}" + ("" if setup.tls else ";no-tls")
    command = ["nghttpx", f"-f{front}", f"-b127.0.0.1,{application.port}", f"-n{setup.workers}", "--no-ocsp", "--accesslog-file=/dev/null",
               "--errorlog-file=/dev/stderr", "--backend-connections-per-host=256", "--conf=/dev/null"]
    if setup.tls:
        command += [f"{bench.folder}/leaf.key", f"{bench.folder}/leaf.crt"]
    return bench.start("nghttpx", command, port, set(setup.cores))
