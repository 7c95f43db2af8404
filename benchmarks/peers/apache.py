"""Apache with mod_auth_openidc, which verifies each token with a key of its own (`AuthType oauth20`)."""

from parts.keys import ISSUER
from parts.program import free_port

NAME = "Apache, mod_auth_openidc RS256"
MODULES = "mpm_event authn_core authz_core authz_user auth_openidc headers proxy proxy_http ssl socache_shmcb".split()

CONFIG = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/apache.error.log
LogLevel crit
User www-data
Group www-data
{modules}
Listen 127.0.0.1:{port}
ListenBacklog 4096
ServerLimit {workers}
StartServers {workers}
ThreadLimit 400
ThreadsPerChild 400
MaxRequestWorkers {threads}
MinSpareThreads 1
MaxSpareThreads {threads}
AsyncRequestWorkerFactor 100
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
OIDCCryptoPassphrase something-long-that-nothing-is-sealed-with
OIDCOAuthVerifyCertFiles bench-RS256#{folder}/RS256.pem
OIDCOAuthRemoteUserClaim sub
<VirtualHost 127.0.0.1:{port}>
    {tls}
    <Location "/">
        AuthType oauth20
        <RequireAll>
            Require claim iss:{issuer}
        </RequireAll>
    </Location>
    RequestHeader set X-User-Id "expr=%{{REMOTE_USER}}"
    RequestHeader set X-Forwarded-Proto {scheme}
    ProxyPreserveHost On
    ProxyPass "/" "{server}/" keepalive=On timeout=600
    {verify}
</VirtualHost>
"""

TLS = "SSLEngine on\n    SSLCertificateFile {folder}/leaf.crt\n    SSLCertificateKeyFile {folder}/leaf.key\n    SSLProtocol TLSv1.3"
VERIFY = "SSLProxyEngine on\n    SSLProxyVerify require\n    SSLProxyCACertificateFile {folder}/leaf.crt\n    SSLProxyCheckPeerName off"


def server(application, upstream):
    return {"http": f"http://127.0.0.1:{application.port}", "https": f"https://127.0.0.1:{application.tls_port}",
            "unix": f"unix:{application.socket}|http://localhost"}[upstream]


def start(bench, application, setup):
    port, folder = free_port(), bench.folder
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES)
    config = folder / "apache.conf"
    config.write_text(CONFIG.format(folder=folder, modules=modules, port=port, workers=setup.workers, threads=400 * setup.workers,
                                    tls=TLS.format(folder=folder) if setup.tls else "", scheme=setup.scheme(), issuer=ISSUER,
                                    server=server(application, setup.upstream),
                                    verify=VERIFY.format(folder=folder) if setup.upstream == "https" else ""))
    return bench.start("apache", ["/usr/sbin/apache2", "-f", str(config), "-D", "FOREGROUND"], port, set(setup.cores))
