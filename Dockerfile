FROM node:22-bookworm AS build
COPY --from=rust:1.95-bookworm /usr/local/cargo /usr/local/cargo
COPY --from=rust:1.95-bookworm /usr/local/rustup /usr/local/rustup
ENV CARGO_HOME=/usr/local/cargo RUSTUP_HOME=/usr/local/rustup PATH=/usr/local/cargo/bin:$PATH
WORKDIR /exchequer
COPY . .
RUN scripts/setup build && make release

FROM debian:bookworm-slim
RUN mkdir -p /etc/postgresql-common/createcluster.d \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/exchequer.conf \
 && apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-15 ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home-dir /var/lib/exchequer --create-home exchequer
COPY --from=build /exchequer/target/release/exchequer /usr/local/bin/exchequer
USER exchequer
ENV EXCHEQUER_DATA_DIR=/var/lib/exchequer EXCHEQUER_BIND=0.0.0.0:3000
VOLUME /var/lib/exchequer
EXPOSE 3000
STOPSIGNAL SIGTERM
CMD ["exchequer", "serve"]
