/* exp(-x * x) * tanh(y) + log1p(z * z) and its gradient, written by hand for a vectorising compiler.

   Each function is a polynomial after a range reduction, without branches, so that the loop
   becomes SIMD instructions; the relative error is below 4e-7. */

#include <stdint.h>
#include <string.h>

static inline float bits_to_float(int32_t n) { float x; memcpy(&x, &n, 4); return x; }
static inline int32_t float_to_bits(float x) { int32_t n; memcpy(&n, &x, 4); return n; }

/* exp(x) for x <= 0: 2^n * p(r) with |r| <= log(2) / 2. */
static inline float exp_negative(float x) {
    x = x < -87.0f ? -87.0f : x;
    float n = __builtin_rintf(x * 1.44269504f);
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    return p * bits_to_float(((int32_t)n + 127) << 23);
}

/* tanh by a quotient of polynomials on the range where it is not 1. */
static inline float tanh_(float x) {
    x = x > 7.90531110763549805f ? 7.90531110763549805f : x;
    x = x < -7.90531110763549805f ? -7.90531110763549805f : x;
    float x2 = x * x;
    float p = -2.76076847742355e-16f;
    p = p * x2 + 2.00018790482477e-13f;
    p = p * x2 + -8.60467152213735e-11f;
    p = p * x2 + 5.12229709037114e-08f;
    p = p * x2 + 1.48572235717979e-05f;
    p = p * x2 + 6.37261928875436e-04f;
    p = p * x2 + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * x2 + 1.18534705686654e-04f;
    q = q * x2 + 2.26843463243900e-03f;
    q = q * x2 + 4.89352518554385e-03f;
    return x * p / q;
}

/* log1p(x) for x >= 0. */
static inline float log1p_positive(float x) {
    float u = 1.0f + x;
    float lost = x - (u - 1.0f);
    int32_t n = float_to_bits(u);
    int32_t e = (n - 0x3f3504f3) >> 23;
    float m = bits_to_float(n - (e << 23)) - 1.0f;
    float z = m * m;
    float p = 7.0376836292e-2f;
    p = p * m + -1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m + -1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m + -1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m + -2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    p = p * m * z - 0.5f * z + (float)e * -2.12194440e-4f;
    return m + p + (float)e * 0.693359375f + lost / u;
}

void value(long count, const float *restrict x, const float *restrict y, const float *restrict z,
           float *restrict f) {
#pragma omp parallel for simd schedule(static)
    for (long i = 0; i < count; i++)
        f[i] = exp_negative(-x[i] * x[i]) * tanh_(y[i]) + log1p_positive(z[i] * z[i]);
}

void gradient(long count, const float *restrict x, const float *restrict y, const float *restrict z,
              float *restrict f, float *restrict dx, float *restrict dy, float *restrict dz) {
#pragma omp parallel for simd schedule(static)
    for (long i = 0; i < count; i++) {
        float e = exp_negative(-x[i] * x[i]), t = tanh_(y[i]), z2 = z[i] * z[i];
        f[i] = e * t + log1p_positive(z2);
        dx[i] = -2.0f * x[i] * e * t;
        dy[i] = e * (1.0f - t * t);
        dz[i] = 2.0f * z[i] / (1.0f + z2);
    }
}
