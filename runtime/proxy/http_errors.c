/* Named sets of ready answers. */
#include "proxy/http_errors.h"
#include "proxy/configuration.h"

struct http_errors *http_errors_find(const struct configuration *configuration, const char *name)
{
    return dict_get(&configuration->http_errors, str_of(name));
}
