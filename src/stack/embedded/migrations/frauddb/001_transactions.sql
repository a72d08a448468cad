-- The tables of the fraud system, as its other tools know them.

CREATE TABLE transactions (
  trans_date_trans_time timestamp NOT NULL,
  cc_num bigint NOT NULL,
  merchant varchar(255) NOT NULL,
  category varchar(100) NOT NULL,
  amt numeric(10, 2) NOT NULL,
  first varchar(100),
  last varchar(100),
  gender char(1),
  street varchar(255),
  city varchar(100),
  state varchar(50),
  zip integer,
  lat double precision NOT NULL,
  long double precision NOT NULL,
  city_pop integer,
  job varchar(200),
  dob date,
  trans_num varchar(100) PRIMARY KEY,
  unix_time bigint,
  merch_lat double precision NOT NULL,
  merch_long double precision NOT NULL,
  is_fraud smallint NOT NULL DEFAULT 0,
  created_at timestamp DEFAULT now()
);
CREATE INDEX transactions_time ON transactions (trans_date_trans_time);
CREATE INDEX transactions_card ON transactions (cc_num);
CREATE INDEX transactions_is_fraud ON transactions (is_fraud);
CREATE INDEX transactions_category ON transactions (category);
CREATE INDEX transactions_state ON transactions (state);
CREATE INDEX transactions_merchant ON transactions (merchant);
CREATE INDEX transactions_amount ON transactions (amt);
CREATE INDEX transactions_fraud_time_amount ON transactions (is_fraud, trans_date_trans_time, amt);

CREATE TABLE fraud_predictions (
  id serial PRIMARY KEY,
  trans_num varchar(100) NOT NULL UNIQUE REFERENCES transactions (trans_num),
  prediction_score numeric(5, 4),
  is_fraud_predicted smallint,
  model_version varchar(50),
  prediction_time timestamp DEFAULT now()
);
CREATE INDEX fraud_predictions_time ON fraud_predictions (prediction_time DESC);
CREATE INDEX fraud_predictions_model ON fraud_predictions (model_version);

CREATE TABLE producer_checkpoint (
  id integer PRIMARY KEY CHECK (id = 1),
  last_line_processed bigint NOT NULL DEFAULT 0,
  last_trans_num varchar(100),
  updated_at timestamp NOT NULL DEFAULT now()
);
