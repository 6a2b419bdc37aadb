#!/usr/bin/env bash
# Runs the suite of the distributed profile: on the servers that the environment names, or on servers of its own where the tools for them lie
# beside the checkout. Says what did not run where there are neither.
set -uo pipefail
cd "$(dirname "$0")/../.."

tools=../shared/servers/servers.mjs
if [ -z "${WHITEBOOK_REDIS_URL:-}${WHITEBOOK_MONGODB_URL:-}${WHITEBOOK_EVENTSTORE_URL:-}" ]; then
  if [ ! -f "$tools" ]; then
    echo 'No variable names a server, and there are no tools to start any: what needs MongoDB or Redis did not run.'
  else
    if ! command -v redis-server >/dev/null && command -v apt-get >/dev/null; then
      (apt-get update && apt-get install -y redis-server) >/dev/null 2>&1
    fi
    folder=$(mktemp -d)
    trap 'node "$tools" stop "$folder"; rm -rf "$folder"' EXIT
    for server in redis mongodb-java mongodb-go; do
      node "$tools" start "$folder" "$server" >/dev/null || echo "$server could not be started: what needs it did not run."
    done
    eval "$(node "$tools" env "$folder")"
    # one that a test may kill and freeze
    java="$(cd "$(dirname "$tools")" && pwd)/mongodb-java/lib/*"
    if [ -z "${WHITEBOOK_TEST_MONGODB:-}" ]; then
      export WHITEBOOK_TEST_MONGODB="java -cp $java MongoServerMain {port} {folder}/store.mv"
    fi
  fi
fi
npm run --silent test:distributed -- "$@"
