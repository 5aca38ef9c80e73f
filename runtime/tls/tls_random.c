/* A provider that offers one random generator: each request is answered by the platform's entropy. OpenSSL's own
 * generators mix addresses and the clock into their state, which would make each run of a simulation another one.
 *
 * A provider is made by a call without a parameter of ours; it learns of its platform by the one call in which we talk
 * to it: it is asked for a parameter whose buffer holds the platform. */
#include "tls/tls_random.h"
#include "base/mem.h"
#include "platform/platform.h"
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#define NAME           "lockstep"
#define GENERATOR      "PLATFORM-ENTROPY"
#define PLATFORM_PARAM "platform"
#define STRENGTH_BITS  256
#define REQUEST_MAX    ((size_t)1 << 20)

struct random_source {
    struct platform *platform;
};

/* ---- the generator: all of its instances are the provider's one source ---- */

static void *generator_new(void *provider, void *parent, const OSSL_DISPATCH *parent_calls)
{
    (void)parent;
    (void)parent_calls;
    return provider;
}

static void generator_free(void *source)
{
    (void)source;
}

static int generator_begin(void *source, unsigned strength, int resistance, const unsigned char *text,
                           size_t text_size, const OSSL_PARAM params[])
{
    (void)source;
    (void)resistance;
    (void)text;
    (void)text_size;
    (void)params;
    return strength <= STRENGTH_BITS;
}

static int generator_end(void *source)
{
    (void)source;
    return 1;
}

static int generator_bytes(void *data, unsigned char *out, size_t size, unsigned strength, int resistance,
                           const unsigned char *input, size_t input_size)
{
    struct random_source *source = data;
    (void)resistance;
    (void)input;
    (void)input_size;
    if (!source->platform || strength > STRENGTH_BITS)
        return 0;
    source->platform->ops->entropy(source->platform, out, size);
    return 1;
}

static int generator_enable_locking(void *source)
{
    (void)source;
    return 1; /* there is no state to guard */
}

static const OSSL_PARAM *generator_gettable(void *source, void *provider)
{
    static const OSSL_PARAM known[] = { OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
                                        OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
                                        OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL),
                                        OSSL_PARAM_END };
    (void)source;
    (void)provider;
    return known;
}

static int generator_get(void *source, OSSL_PARAM params[])
{
    (void)source;
    OSSL_PARAM *state = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
    OSSL_PARAM *strength = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
    OSSL_PARAM *max = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);
    return (!state || OSSL_PARAM_set_int(state, EVP_RAND_STATE_READY)) &&
           (!strength || OSSL_PARAM_set_uint(strength, STRENGTH_BITS)) &&
           (!max || OSSL_PARAM_set_size_t(max, REQUEST_MAX));
}

#define CALL(id, function)                                                                                   \
    {                                                                                                        \
        id, (void (*)(void))(function)                                                                       \
    }

static const OSSL_DISPATCH generator_calls[] = {
    CALL(OSSL_FUNC_RAND_NEWCTX, generator_new),
    CALL(OSSL_FUNC_RAND_FREECTX, generator_free),
    CALL(OSSL_FUNC_RAND_INSTANTIATE, generator_begin),
    CALL(OSSL_FUNC_RAND_UNINSTANTIATE, generator_end),
    CALL(OSSL_FUNC_RAND_GENERATE, generator_bytes),
    CALL(OSSL_FUNC_RAND_ENABLE_LOCKING, generator_enable_locking),
    CALL(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, generator_gettable),
    CALL(OSSL_FUNC_RAND_GET_CTX_PARAMS, generator_get),
    { 0, NULL },
};

/* ---- the provider ---- */

static const OSSL_ALGORITHM *query(void *source, int operation, int *no_cache)
{
    static const OSSL_ALGORITHM generators[] = { { GENERATOR, "provider=" NAME, generator_calls, NULL },
                                                 { NULL, NULL, NULL, NULL } };
    (void)source;
    *no_cache = 0;
    return operation == OSSL_OP_RAND ? generators : NULL;
}

static int take_platform(void *data, OSSL_PARAM params[])
{
    struct random_source *source = data;
    const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, PLATFORM_PARAM);
    if (param && param->data_type == OSSL_PARAM_OCTET_PTR)
        source->platform = *(struct platform *const *)param->data;
    return 1;
}

static void teardown(void *source)
{
    mem_free(source);
}

static const OSSL_DISPATCH provider_calls[] = {
    CALL(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
    CALL(OSSL_FUNC_PROVIDER_GET_PARAMS, take_platform),
    CALL(OSSL_FUNC_PROVIDER_TEARDOWN, teardown),
    { 0, NULL },
};

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                         void **provider)
{
    (void)handle;
    (void)in;
    *provider = mem_zero(sizeof(struct random_source));
    *out = provider_calls;
    return *provider != NULL;
}

OSSL_PROVIDER *tls_random_use(OSSL_LIB_CTX *openssl, struct platform *platform)
{
    void *pointer = platform;
    if (!OSSL_PROVIDER_add_builtin(openssl, NAME, provider_init))
        return NULL;
    OSSL_PROVIDER *provider = OSSL_PROVIDER_load(openssl, NAME);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_ptr(PLATFORM_PARAM, &pointer, sizeof(pointer)),
                            OSSL_PARAM_construct_end() };
    if (provider && OSSL_PROVIDER_get_params(provider, params) &&
        RAND_set_seed_source_type(openssl, GENERATOR, NULL) &&
        RAND_set_DRBG_type(openssl, GENERATOR, NULL, NULL, NULL))
        return provider;
    if (provider)
        OSSL_PROVIDER_unload(provider);
    return NULL;
}
