"""Small objects below the folder of a checkpoint, created by exactly one of racing writers: a local folder, or S3."""

import contextlib
import os
import re
import uuid


def open_store(url):
    """A store for `/folder`, `file:///folder` or `s3a://bucket/path`."""
    match = re.fullmatch(r"s3a?://([^/]+)/?(.*)", url)
    if match:
        return S3Store(match.group(1), match.group(2).strip("/"))
    return LocalStore(re.sub(r"^file:(//)?", "", url))


def newest(store, folder):
    """The highest batch in `offsets` or `commits` of a checkpoint, -1 for none."""
    return max((int(name) for name in store.names(folder) if name.isdigit()), default=-1)


class LocalStore:
    """`link` lets exactly one of racing writers win; `rename` would replace."""

    def __init__(self, folder):
        self._folder = folder

    def get(self, key):
        try:
            with open(self._at(key), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def put_if_absent(self, key, data):
        temp = self._write_temp(key, data)
        try:
            os.link(temp, self._at(key))
            return True
        except FileExistsError:
            return False
        finally:
            os.remove(temp)

    def put(self, key, data):
        os.replace(self._write_temp(key, data), self._at(key))

    def delete(self, key):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self._at(key))

    def names(self, folder):
        try:
            return os.listdir(self._at(folder))
        except FileNotFoundError:
            return []

    def _at(self, key):
        return os.path.join(self._folder, key)

    def _write_temp(self, key, data):
        target = self._at(key)
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        temp = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{uuid.uuid4()}.tmp")
        with open(os.open(temp, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return temp


class S3Store:
    """Needs boto3 (1.36 or newer, for conditional writes). Endpoint and keys come from its usual places."""

    def __init__(self, bucket, prefix):
        import boto3

        self._client = boto3.client("s3")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def get(self, key):
        try:
            return self._client.get_object(**self._at(key))["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def put_if_absent(self, key, data):
        from botocore.exceptions import ClientError

        try:
            self._client.put_object(**self._at(key), Body=data, IfNoneMatch="*")
            return True
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
                raise
            # The refusal may be due to our own write, whose answer was lost.
            return self.get(key) == data

    def put(self, key, data):
        self._client.put_object(**self._at(key), Body=data)

    def delete(self, key):
        self._client.delete_object(**self._at(key))

    def names(self, folder):
        prefix = f"{self._prefix}{folder}/"
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [each["Key"][len(prefix) :] for page in pages for each in page.get("Contents", [])]

    def _at(self, key):
        return {"Bucket": self._bucket, "Key": self._prefix + key}
