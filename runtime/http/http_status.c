/* Statuses as HAProxy 2.6 names them; the wording is part of what clients, scripts and logs see. */
#include "http/http_status.h"

struct status_row {
    int status;
    struct str reason;
};

static const struct status_row reasons[] = {
    { 100, STR_INIT("Continue") },
    { 101, STR_INIT("Switching Protocols") },
    { 102, STR_INIT("Processing") },
    { 103, STR_INIT("Early Hints") },
    { 200, STR_INIT("OK") },
    { 201, STR_INIT("Created") },
    { 202, STR_INIT("Accepted") },
    { 203, STR_INIT("Non-Authoritative Information") },
    { 204, STR_INIT("No Content") },
    { 205, STR_INIT("Reset Content") },
    { 206, STR_INIT("Partial Content") },
    { 207, STR_INIT("Multi-Status") },
    { 210, STR_INIT("Content Different") },
    { 226, STR_INIT("IM Used") },
    { 300, STR_INIT("Multiple Choices") },
    { 301, STR_INIT("Moved Permanently") },
    { 302, STR_INIT("Moved Temporarily") },
    { 303, STR_INIT("See Other") },
    { 304, STR_INIT("Not Modified") },
    { 305, STR_INIT("Use Proxy") },
    { 307, STR_INIT("Temporary Redirect") },
    { 308, STR_INIT("Permanent Redirect") },
    { 310, STR_INIT("Too many Redirects") },
    { 400, STR_INIT("Bad Request") },
    { 401, STR_INIT("Unauthorized") },
    { 402, STR_INIT("Payment Required") },
    { 403, STR_INIT("Forbidden") },
    { 404, STR_INIT("Not Found") },
    { 405, STR_INIT("Method Not Allowed") },
    { 406, STR_INIT("Not Acceptable") },
    { 407, STR_INIT("Proxy Authentication Required") },
    { 408, STR_INIT("Request Time-out") },
    { 409, STR_INIT("Conflict") },
    { 410, STR_INIT("Gone") },
    { 411, STR_INIT("Length Required") },
    { 412, STR_INIT("Precondition Failed") },
    { 413, STR_INIT("Request Entity Too Large") },
    { 414, STR_INIT("Request-URI Too Long") },
    { 415, STR_INIT("Unsupported Media Type") },
    { 416, STR_INIT("Requested range unsatisfiable") },
    { 417, STR_INIT("Expectation failed") },
    { 418, STR_INIT("I'm a teapot") },
    { 421, STR_INIT("Misdirected Request") },
    { 422, STR_INIT("Unprocessable Content") },
    { 423, STR_INIT("Locked") },
    { 424, STR_INIT("Method failure") },
    { 425, STR_INIT("Too Early") },
    { 426, STR_INIT("Upgrade Required") },
    { 428, STR_INIT("Precondition Required") },
    { 429, STR_INIT("Too Many Requests") },
    { 431, STR_INIT("Request Header Fields Too Large") },
    { 449, STR_INIT("Retry With") },
    { 450, STR_INIT("Blocked by Windows Parental Controls") },
    { 451, STR_INIT("Unavailable For Legal Reasons") },
    { 456, STR_INIT("Unrecoverable Error") },
    { 499, STR_INIT("client has closed connection") },
    { 500, STR_INIT("Internal Server Error") },
    { 501, STR_INIT("Not Implemented") },
    { 502, STR_INIT("Bad Gateway or Proxy Error") },
    { 503, STR_INIT("Service Unavailable") },
    { 504, STR_INIT("Gateway Time-out") },
    { 505, STR_INIT("HTTP Version not supported") },
    { 506, STR_INIT("Variant also negotiate") },
    { 507, STR_INIT("Insufficient storage") },
    { 508, STR_INIT("Loop detected") },
    { 509, STR_INIT("Bandwidth Limit Exceeded") },
    { 510, STR_INIT("Not extended") },
    { 511, STR_INIT("Network authentication required") },
    { 520, STR_INIT("Web server is returning an unknown error") },
};

struct page_row {
    int status;
    struct str reason, body;
};

#define PAGE(status, reason, sentence)                                                                       \
    {                                                                                                        \
        status, STR_INIT(reason),                                                                            \
            STR_INIT("<html><body><h1>" #status " " reason "</h1>\n" sentence "\n</body></html>\n")          \
    }

static const struct page_row pages[] = {
    PAGE(200, "OK", "Service ready."),
    PAGE(400, "Bad request", "Your browser sent an invalid request."),
    PAGE(401, "Unauthorized", "You need a valid user and password to access this content."),
    PAGE(403, "Forbidden", "Request forbidden by administrative rules."),
    PAGE(404, "Not Found", "The resource could not be found."),
    PAGE(405, "Method Not Allowed",
         "A request was made of a resource using a request method not supported by that resource"),
    PAGE(407, "Unauthorized", "You need a valid user and password to access this content."),
    PAGE(408, "Request Time-out", "Your browser didn't send a complete request in time."),
    PAGE(410, "Gone", "The resource is no longer available and will not be available again."),
    PAGE(413, "Payload Too Large", "The request entity exceeds the maximum allowed."),
    PAGE(421, "Misdirected Request", "Request sent to a non-authoritative server."),
    PAGE(422, "Unprocessable Content", "The server cannot process the contained instructions."),
    PAGE(425, "Too Early", "Your browser sent early data."),
    PAGE(429, "Too Many Requests", "You have sent too many requests in a given amount of time."),
    PAGE(500, "Internal Server Error", "An internal server error occurred."),
    PAGE(501, "Not Implemented",
         ".The server does not support the functionality required to fulfill the request."),
    PAGE(502, "Bad Gateway", "The server returned an invalid or incomplete response."),
    PAGE(503, "Service Unavailable", "No server is available to handle this request."),
    PAGE(504, "Gateway Time-out", "The server didn't respond in time."),
};

const int http_status_page_list[] = { 200, 400, 401, 403, 404, 405, 407, 408, 410, 413,
                                      421, 422, 425, 429, 500, 501, 502, 503, 504, 0 };

static struct str reason_of_class(int status)
{
    switch (status / 100) {
    case 1:
        return STR("Informational");
    case 2:
        return STR("Success");
    case 3:
        return STR("Redirection");
    case 4:
        return STR("Client Error");
    case 5:
        return STR("Server Error");
    default:
        return STR("Other");
    }
}

struct str http_status_reason(int status)
{
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return reason_of_class(status);
}

static const struct page_row *find_page(int status)
{
    for (size_t i = 0; i < COUNT_OF(pages); i++)
        if (pages[i].status == status)
            return &pages[i];
    return NULL;
}

struct str http_status_page(int status)
{
    const struct page_row *page = find_page(status);
    return page ? page->body : STR_NONE;
}

struct str http_status_page_reason(int status)
{
    const struct page_row *page = find_page(status);
    return page ? page->reason : http_status_reason(status);
}
