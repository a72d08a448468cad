# Sluice's command line in a container: set-up, producer and the queries without a window.
# Behind a proxy with its own certificate: docker build --secret id=ca,src=<bundle of certificates> -t sluice:0.1.0 .
ARG NODE_IMAGE=node:24.4.1-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/image.mjs /out/app

FROM ${NODE_IMAGE}
COPY --from=build /out/app /app
# A volume takes its owner from here.
RUN mkdir -p /var/lib/sluice && chown 1000:1000 /var/lib/sluice && ln -s /app/bin/sluice /usr/local/bin/sluice
ENV SLUICE_HOME=/var/lib/sluice NODE_ENV=production
USER 1000:1000
WORKDIR /var/lib/sluice
VOLUME /var/lib/sluice
ENTRYPOINT ["sluice"]
CMD ["help"]
