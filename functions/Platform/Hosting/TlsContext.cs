using System.Collections.ObjectModel;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;

namespace AgentWarden.Platform.Hosting;

/// <summary>
/// Makes the context that TLS handshakes share.
/// The framework's <see cref="SslStreamCertificateContext.Create(X509Certificate2, X509Certificate2Collection?, bool)"/> builds a chain to find the intermediates,
/// and for that reads every root certificate of the machine: 60 ms of CPU and 2 MB, a third of a cold start, for a chain that we are given.
/// So its constructor is called directly; should a runtime not have it, the framework's way is taken.
/// </summary>
internal static class TlsContext
{
    /// <param name="leaf">With its key.</param>
    /// <param name="intermediates">What is sent with it, in order.</param>
    public static SslStreamCertificateContext Create(X509Certificate2 leaf, X509Certificate2Collection? intermediates)
    {
        try
        {
            return Direct(leaf, intermediates);
        }
        catch (Exception e) when (e is MissingMethodException or MissingMemberException or TypeLoadException)
        {
            return SslStreamCertificateContext.Create(leaf, intermediates, offline: true);
        }
    }

    // Apart and not inlined, so that a missing member shows as an exception of the call that is caught above.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static SslStreamCertificateContext Direct(X509Certificate2 leaf, X509Certificate2Collection? intermediates)
    {
        var context = New(leaf, new ReadOnlyCollection<X509Certificate2>([.. intermediates ?? []]), null);
        // No OCSP stapling: an admission webhook's clients do not ask for it, and it would mean calls to the outside.
        SetNoOcspFetch(context, true);
        return context;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern SslStreamCertificateContext New(X509Certificate2 target, ReadOnlyCollection<X509Certificate2> intermediates, SslCertificateTrust? trust);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "SetNoOcspFetch")]
    private static extern void SetNoOcspFetch(SslStreamCertificateContext context, bool noOcspFetch);
}
