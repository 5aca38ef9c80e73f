/* Addresses (HAProxy manual 7.3.1). */
#include "converters/conv.h"
#include "converters/converters.h"

/* An IPv6 address that stands for an IPv4 one is masked as that; any other one needs the second mask. */
static bool conv_ipmask(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct addr addr = sample_to_addr(sample);
    (void)context;
    bool is_v4 = addr_to_v4(&addr);
    if (!is_v4 && args->count < 2)
        return false;
    const struct addr *mask = &args->list[is_v4 ? 0 : 1].addr;
    for (unsigned i = 0; i < (is_v4 ? 4u : 16u); i++)
        addr.u.ip[i] &= mask->u.ip[i];
    return sample_of_addr(&addr, sample);
}

const struct converter_row conv_addr_rows[] = {
    { "ipmask", conv_ipmask, "mask4,mask6?", SAMPLE_ADDR, SAMPLE_ADDR, NULL, NULL },
    { 0 },
};
