"""The sandbox as AWS is met from a container: by a name that is looked up, and over TLS."""

import socket
import socketserver
import ssl
import struct
import subprocess
import threading

NAME = "aws.test"
RESOLVER = "127.53.0.53"  # port 53 of an address of loopback that nobody has


class _Names(socketserver.BaseRequestHandler):
    """A name server that knows one name and its IPv4 address."""

    def handle(self):
        query, answers_by = self.request
        end = query.index(b"\0", 12) + 5
        kind = struct.unpack(">H", query[end - 4:end - 2])[0]
        labels = b"".join(bytes([len(label)]) + label.encode() for label in NAME.split("."))
        known = query[12:end - 4] == labels + b"\0"
        address = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton("127.0.0.1")
        answer = address if known and kind == 1 else b""
        flags = 0x8180 if known else 0x8183
        reply = query[:2] + struct.pack(">HHHHH", flags, 1, bool(answer), 0, 0) + query[12:end] + answer
        answers_by.sendto(reply, self.client_address)


class _Terminator(socketserver.BaseRequestHandler):
    """Ends TLS, and hands the bytes on to the sandbox and back."""

    def handle(self):
        try:
            with self.server.context.wrap_socket(self.request, server_side=True) as inside:
                with socket.create_connection(self.server.target) as outside:
                    back = threading.Thread(target=_copy, args=(outside, inside), daemon=True)
                    back.start()
                    _copy(inside, outside)
                    back.join()
        except OSError:
            pass  # who refuses the certificate hangs up


def _copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class _Servers(socketserver.ThreadingMixIn):
    daemon_threads = True
    block_on_close = False


class _NameServer(_Servers, socketserver.UDPServer):
    pass


class _TlsServer(_Servers, socketserver.TCPServer):
    pass


def certificates(folder):
    """The files of an authority, and of a certificate with its key for the name."""
    (folder / "extensions").write_text(f"subjectAltName=DNS:{NAME}\nbasicConstraints=CA:FALSE\n")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "1", "-subj", "/CN=an authority")
    openssl("req", *key, "-keyout", "key.pem", "-out", "request.pem", "-subj", f"/CN={NAME}")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1", "-extfile", "extensions")
    openssl("x509", "-req", "-in", "request.pem", "-out", "certificate.pem", *signed)
    return folder / "ca.pem", folder / "certificate.pem", folder / "key.pem"


class Endpoint:
    """The name server, and the end of TLS before a sandbox; both until it is closed."""

    def __init__(self, sandbox_url, folder):
        authority, certificate, key = certificates(folder)
        host, port = sandbox_url.removeprefix("http://").split(":")
        self.authority = authority
        self._tls = _TlsServer(("127.0.0.1", 0), _Terminator)
        self._tls.target = (host, int(port))
        self._tls.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.context.load_cert_chain(certificate, key)
        self._names = _NameServer((RESOLVER, 53), _Names)
        self.url = f"https://{NAME}:{self._tls.server_address[1]}"
        for server in (self._tls, self._names):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self):
        for server in (self._tls, self._names):
            server.shutdown()
            server.server_close()
