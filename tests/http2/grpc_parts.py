"""A real gRPC application and calls to it, with generic handlers on bytes: what they say is their own."""

import concurrent.futures
import json
import threading
import time

import grpc

SERVICE = "/test.Service/"


class Handlers(grpc.GenericRpcHandler):
    def __init__(self, service):
        self.kinds = {
            "Echo": grpc.unary_unary_rpc_method_handler(service.echo), "Count": grpc.unary_stream_rpc_method_handler(service.count),
            "Sum": grpc.stream_unary_rpc_method_handler(service.sum), "Chat": grpc.stream_stream_rpc_method_handler(service.chat),
            "Wait": grpc.unary_stream_rpc_method_handler(service.wait), "Fail": grpc.unary_unary_rpc_method_handler(service.fail),
            "Told": grpc.unary_unary_rpc_method_handler(service.told)}

    def service(self, details):
        return self.kinds.get(details.method.rpartition("/")[2])


class Service:
    """`Wait` says one word and then nothing until its caller is gone."""

    def __init__(self):
        self.cancelled, self.waiting = 0, 0
        self.lock = threading.Lock()
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(32), handlers=[Handlers(self)])
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def echo(self, request, context):
        return request

    def count(self, request, context):
        for number in range(int(request)):
            yield b"%d" % number

    def sum(self, requests, context):
        return b"%d" % sum(len(each) for each in requests)

    def chat(self, requests, context):
        for each in requests:
            yield b"heard " + each

    def wait(self, request, context):
        gone = threading.Event()
        context.add_callback(gone.set)
        with self.lock:
            self.waiting += 1
        yield b"waiting"
        gone.wait(30)
        with self.lock:
            self.cancelled += 1

    def fail(self, request, context):
        context.set_trailing_metadata((("x-reason", "as asked"),))
        context.abort(grpc.StatusCode.ABORTED, "grün; 100%")

    def told(self, request, context):
        """What came with the call, and how many seconds are left for it."""
        return json.dumps({"fields": [list(pair) for pair in context.invocation_metadata() if isinstance(pair[1], str)],
                           "seconds": context.time_remaining()}).encode()

    def stop(self):
        self.server.stop(0).wait(5)


class Calls:
    """A channel and what is called over it."""

    def __init__(self, channel, token=None):
        self.channel, self.metadata = channel, [("authorization", f"Bearer {token}")] if token else []

    def echo(self, request=b"hello", path="", **more):
        return self.channel.unary_unary(path + SERVICE + "Echo")(request, metadata=self.metadata, **({"timeout": 20} | more))

    def told(self, **more):
        return json.loads(self.channel.unary_unary(SERVICE + "Told")(b"", metadata=self.metadata, **({"timeout": 20} | more)))

    def fail(self):
        return self.channel.unary_unary(SERVICE + "Fail")(b"", metadata=self.metadata, timeout=20)

    def count(self, number, **more):
        return self.channel.unary_stream(SERVICE + "Count")(b"%d" % number, metadata=self.metadata, **({"timeout": 20} | more))

    def sum(self, requests):
        return int(self.channel.stream_unary(SERVICE + "Sum")(iter(requests), metadata=self.metadata, timeout=20))

    def chat(self, requests):
        return self.channel.stream_stream(SERVICE + "Chat")(requests, metadata=self.metadata, timeout=20)

    def wait(self, **more):
        return self.channel.unary_stream(SERVICE + "Wait")(b"", metadata=self.metadata, **({"timeout": 20} | more))

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def plain(port, token=None):
    return Calls(grpc.insecure_channel(f"127.0.0.1:{port}", options=OPTIONS), token)


def secured(port, ca, token=None):
    credentials = grpc.ssl_channel_credentials(open(ca, "rb").read())
    return Calls(grpc.secure_channel(f"localhost:{port}", credentials, options=OPTIONS), token)


# Each channel with a connection of its own, and nothing tried again behind the caller's back.
OPTIONS = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0))


class Conversation:
    """Requests of a stream that are sent when it is asked for, so that the other side has to answer meanwhile."""

    def __init__(self):
        self.ready, self.said = threading.Semaphore(0), []

    def say(self, request):
        self.said.append(request)
        self.ready.release()

    def __iter__(self):
        return self

    def __next__(self):
        self.ready.acquire()
        request = self.said.pop(0)
        if request is None:
            raise StopIteration
        return request


def code_of(call):
    """How a call ended, whichever way it is told."""
    try:
        result = call()
        if hasattr(result, "__next__"):
            list(result)
    except grpc.RpcError as ended:
        return ended.code()
    return grpc.StatusCode.OK


def seconds_of(call):
    began = time.monotonic()
    return code_of(call), time.monotonic() - began
