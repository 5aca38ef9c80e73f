/* What belongs to every platform. */
#include "platform/platform.h"

const char *platform_status_text(enum io_status status)
{
    switch (status) {
    case IO_OK:
        return "ok";
    case IO_WOULD_BLOCK:
        return "would block";
    case IO_CLOSED:
        return "closed";
    case IO_RESET:
        return "reset";
    case IO_REFUSED:
        return "refused";
    case IO_UNREACHABLE:
        return "unreachable";
    case IO_TIMED_OUT:
        return "timed out";
    case IO_NO_DESCRIPTORS:
        return "out of descriptors";
    case IO_NO_MEMORY:
        return "out of memory";
    case IO_NO_PORTS:
        return "no address or port available";
    case IO_IN_USE:
        return "address in use";
    case IO_DENIED:
        return "permission denied";
    case IO_NOT_FOUND:
        return "not found";
    case IO_TOO_BIG:
        return "too big";
    case IO_BAD:
        break;
    }
    return "failed";
}
