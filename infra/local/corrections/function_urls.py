"""URLs of functions.

The platform: a name of its own for each, with a certificate.
MiniStack: tells such a name, and answers below a path of its endpoint, too. Here the URL is that path of the region's
endpoint, by an address at which functions, machines and tests reach it alike.
"""

from ministack.services import lambda_svc

from .resources import fleet


def apply():
    create = lambda_svc._create_function_url_config
    lambda_svc._create_function_url_config = lambda name, data, qualifier: corrected(create, name, data, qualifier)
    lambda_svc._function_url_id = lambda url: url.rstrip("/").rsplit("/", 1)[-1]


def corrected(create, name, data, qualifier):
    answer = create(name, data, qualifier)
    if answer[0] != 201:
        return answer
    config = lambda_svc._function_urls[lambda_svc._url_config_key(name, qualifier)]
    url_id = config["FunctionUrl"].split("://", 1)[1].split(".", 1)[0]
    config["FunctionUrl"] = f"{fleet('endpoint')['endpoint']}/_aws/lambda-url/{url_id}/"
    return lambda_svc.json_response(config, status=201)
