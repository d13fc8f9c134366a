using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>
/// Whether a server's certificate is believed, as kubectl decides it: it must be for the name that was asked for, and it must be one of
/// the authorities that the connection names or come from one, be that a root, an intermediate or the server's own certificate.
/// </summary>
internal sealed class ServerTrust(ClusterConnection connection)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly string _name = connection.TlsServerName ?? connection.Server.IdnHost;

    /// <param name="shown">The server's certificate.</param>
    /// <param name="sent">What the machine made of it; holds what the server sent beside it.</param>
    /// <param name="errors">What the machine has against it.</param>
    public bool Accepts(X509Certificate? shown, X509Chain? sent, SslPolicyErrors errors)
    {
        if (connection.SkipTlsVerify)
        {
            return true;
        }

        // The common name is no name of a server any more, not for kubectl either.
        return shown is X509Certificate2 certificate
            && certificate.MatchesHostname(_name, allowWildcards: true, allowCommonName: false)
            && (connection.Authorities is { } anchors
                ? Comes(certificate, sent, anchors)
                : !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors));
    }

    private static bool Comes(X509Certificate2 certificate, X509Chain? sent, X509Certificate2Collection anchors)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            // A chain need not end in a root of the machine; where it may end is looked at below.
            VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority,
            ApplicationPolicy = { new Oid(ServerAuthentication) },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(anchors);
        chain.ChainPolicy.ExtraStore.AddRange(anchors);
        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        }

        return chain.Build(certificate) && chain.ChainElements.Any(e => anchors.Any(a => Same(a, e.Certificate)));
    }

    private static bool Same(X509Certificate2 one, X509Certificate2 other) =>
        one.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);
}
