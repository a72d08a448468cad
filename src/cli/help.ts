export const HELP = `Sluice: two streaming queries over card transactions, from a terminal.

  sluice run --headless [options]      runs the console here, with the embedded stack or the one that --stack names
  sluice run bronze --available-now | --until-stopped
                                       Bronze alone, from a Kafka to a table that the environment names (see below)
  sluice status [--running]            what the running console does; --running: exit code 1 unless both queries run
  sluice start|stop|restart [QUERY]    QUERY is bronze, alert or all (the default); waits until it is done
  sluice restart [QUERY] --clear-checkpoints [--from table]
                                       without --from: shows what clearing would do, and does nothing
                                       with --from table: stops, moves the checkpoint to _trash, goes on from the table
  sluice restart [QUERY] --clear-checkpoints --from earliest|latest [--yes]
                                       begins at the first record of the topic, or at its end, when the topic is another
                                       one; without --yes shows which rows may double and what is skipped
  sluice accept-loss QUERY [--yes]     shows which offsets the topic has removed before they were read; with --yes gives
                                       up exactly these and goes on
  sluice doctor [--fix ID]             looks at everything that the queries stand on, and says what to do; --fix does what
                                       the check of this name offers, and makes it again
  sluice stack [status]                the services around the queries: state, ports, what they cost
  sluice stack up|stop|restart|down    all services of the docker stack, with the queries; waits until what runs is healthy;
                                       down removes the containers and keeps all data
  sluice stack start|stop|restart NAME one service; the queries wait for it by themselves
  sluice stack repair                  restarts kafka, debezium-connect and minio, waits for their health, restarts the queries
  sluice stack logs NAME [-f] [-n N]   what a service has written
                                       with SLUICE_STACK=docker all of them work without a running console too
  sluice connector [status]            the Debezium connector, its tasks, and the replication slot
  sluice connector ensure [--yes]      shows how it differs from what Sluice wants; with --yes creates or changes it
  sluice connector restart|pause|resume
                                       restart: only what has failed; each waits until it has settled
  sluice logs [-f] [--grep RE] [-n N]  the newest lines; -f goes on with new ones
  sluice dead-letters [list] [-n N]    records that gave no row, the newest first, with their ids and reasons
  sluice dead-letters show ID...       their bytes as hex and text, card numbers masked
  sluice dead-letters replay [ID...]   what each would become now; with --yes reads them again, once
  sluice dead-letters export           all of them as JSON lines, masked, into the data folder
                                       all take --query bronze|alert and --reason CODE
  sluice trace TRANS_NUM               one transaction, from its change event to the file and the message it ended in
  sluice explain TRANS_NUM             why Alert gave it its score, a fraud or not: what each input added
  sluice produce test [normal|suspicious]
                                       inserts one transaction by hand
  sluice produce scenario card-theft|late-night
                                       inserts what a thief does with one card, after weeks of its owner's purchases
  sluice produce start|pause           the generated stream
  sluice produce --until-stopped [--heartbeat FILE]
                                       the producer alone, into the database that the environment names (see below)
  sluice setup [database] [bucket] [topic] [connector]
                                       makes servers ready that exist: creates what is missing, says what it found
  sluice table health                  how the Bronze table is: versions, files, what is left over
  sluice table history [-n N]          what happened to it, the newest first
  sluice table optimize [--dry-run]    puts small files together, also while Bronze runs
  sluice table vacuum [--delete]       shows which unreferenced files are older than a week; --delete deletes them
  sluice take-over inspect --checkpoint URL [--table URL] [--query bronze|alert] [--brokers LIST]
                                       looks at the checkpoint of a Spark job without writing: its last batch, whether
                                       somebody still writes, what Sluice would read next, and the way back
  sluice take-over confirm ... [--spark-is-stopped]
                                       points the console (external stack) at it, from its next start on
  sluice alerts test                   sends a test message to Slack and waits until it is accepted
  sluice alerts resume                 lets alerts go again after Slack had refused for good
  sluice alerts resend|discard ID...|--all
                                       decides about alerts that are held or that Slack did not take
  sluice help, sluice --version

Every command takes --json: its answer is then one JSON object, logs are one object a line.

Options of run:
  --stack NAME       embedded (the default), docker or external; see below where its servers are
  --duration 60s     counts from both queries RUNNING, then pauses the producer, lets both queries read what is there,
                     and ends with a summary
  --json             log lines go to stderr, and the last line of stdout is the summary as one object
  --rate N           generated transactions a second (25)
  --bulk N           N transactions at once instead of a stream
  --csv FILE         transactions from a Sparkov CSV file
  --idle             no transactions but those of "sluice produce test"
  --seed N           the seed of what is generated

The summary counts all that is stored in the data folder, not only this run: rows of the table, predictions, frauds,
alerts that were accepted, batches of the present checkpoint; dead letters are those of this run. Offsets are the next
to read. "seconds" is the time from both queries RUNNING to the end of --duration, or to Ctrl-C.

Run bronze needs neither stack nor window. With --available-now it reads what the topic holds at the start and ends; with
--until-stopped it goes on until Ctrl-C. With --json the last line is one object: its counts are of this run.
  KAFKA_BROKERS, KAFKA_BROKER_MAP (advertised:port=reachable:port), KAFKA_TOPIC, KAFKA_ISOLATION_LEVEL,
  KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD,
  KAFKA_SSL_CA, KAFKA_SSL_CERTIFICATE, KAFKA_SSL_KEY (a PEM text, or a file),
  BRONZE_PATH, BRONZE_CHECKPOINT, BRONZE_QUARANTINE (s3a://bucket/path, file:///path or a local path),
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL_S3, S3_FORCE_PATH_STYLE,
  TRIGGER_INTERVAL, STARTING_OFFSETS (earliest, latest, {"topic":{"0":23}}, timestamp:2026-01-31T00:00:00Z),
  MAX_OFFSETS_PER_TRIGGER, FAIL_ON_DATA_LOSS (false: passes over what the topic has removed, writes it down and warns)

Setup and produce --until-stopped reach PostgreSQL by POSTGRES_HOST, POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD and
POSTGRES_DB; setup takes Kafka and S3 from the variables above (the bucket is the one of BRONZE_PATH), KAFKA_PARTITIONS
(4), CONNECT_URL, CONNECT_POSTGRES_HOST and CONNECT_POSTGRES_PORT (how Kafka Connect reaches the database),
CONNECTOR_SLOT and CONNECTOR_PUBLICATION. A heartbeat file is touched every few seconds while the database answers.

Exit codes: 0 all well, 1 a query failed or the doctor has found something to fix, 2 the command line was wrong or a
            preview was shown instead of acting, 3 the stack could not start, or no console runs that could be asked,
            4 another console owns the data folder, or the checkpoint.

Environment: SLUICE_STACK, SLUICE_COMPOSE_FILE (the compose file of the docker stack), SLUICE_HOME (data folder),
SLACK_WEBHOOK_URL (unset: local preview; empty: no alerts), BRONZE_TRIGGER,
ALERT_TRIGGER, TRIGGER_INTERVAL, STARTING_OFFSETS, MAX_OFFSETS_PER_TRIGGER, PRODUCER_MODE, PRODUCER_RATE, PRODUCER_ROWS,
PRODUCER_CSV, PRODUCER_TIME_SCALE, PRODUCER_SEED, BRONZE_OPTIMIZE_EVERY, BRONZE_VACUUM_EVERY, LOG_LEVEL,
ALERT_ON_AMBIGUOUS, ALERT_JOIN_CARD_WITHIN, ALERT_STORM_PER_MINUTE, ALERT_QUIET_HOURS, ALERT_LINK_BASE,
ALERT_SERVING_DATABASE, SERVING_DATABASE_URL,
ALERT_ENGINE (spark: a cluster runs the query, its alerts are sent from here). A flag is stronger than the environment, that than a file .env here or in
the data folder, that than settings.json in the data folder.`;
