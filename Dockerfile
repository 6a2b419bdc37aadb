# One image for all roles of Whitebook: which one a container has, its command says.
FROM node:24.11.1-bookworm-slim AS build
WORKDIR /app
# better-sqlite3 is compiled where there is no build of it for this Node
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY apps apps
COPY libs libs
RUN node scripts/build-if-needed.mjs
RUN npm ci --omit=dev

FROM node:24.11.1-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 WHITEBOOK_DATA_DIR=/var/lib/whitebook
WORKDIR /app
# the sources go along: the start compares them with what was built from them
COPY --from=build /app ./
RUN install -d -o node -g node -m 0700 /var/lib/whitebook
USER node
VOLUME /var/lib/whitebook
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=64", "scripts/start.mjs"]
