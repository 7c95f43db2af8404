# syntax=docker/dockerfile:1
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN ./dev build && mkdir /out && cp build/release/yett /out/ && strip /out/yett

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        libssl3 libyaml-cpp0.7 libfmt9 libprometheus-cpp-core1.0 libsodium23 libcrypt1 libsqlite3-0 libpq5 libhiredis0.14 \
        libidn2-0 libpsl5 libunistring2 libzxcvbn0 libhighwayhash0 libcurl4 ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/yett /usr/bin/yett
LABEL org.opencontainers.image.title="yett" org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
WORKDIR /var/lib/yett
VOLUME /var/lib/yett
# Relative paths in a configuration begin where it lies, and /etc is not ours to write: start from
# deploy/yett.yaml. Its secrets belong to the user above.
EXPOSE 4443 4080
STOPSIGNAL SIGTERM
HEALTHCHECK CMD ["/usr/bin/yett", "healthcheck"]
ENTRYPOINT ["/usr/bin/yett"]
CMD ["run", "/etc/yett/yett.yaml"]
