using System.Net.Http.Headers;
using System.Net.Security;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>
/// What proves who we are: an Authorization header, a client certificate with its chain, or both.
/// A class and not a record, so that nothing prints it.
/// </summary>
internal sealed class ClusterCredential(AuthenticationHeaderValue? authorization, SslStreamCertificateContext? certificate)
{
    public static readonly ClusterCredential Anonymous = new(authorization: null, certificate: null);

    public AuthenticationHeaderValue? Authorization { get; } = authorization;
    public SslStreamCertificateContext? Certificate { get; } = certificate;

    public static ClusterCredential Bearer(string token, SslStreamCertificateContext? certificate = null) =>
        new(new AuthenticationHeaderValue("Bearer", token), certificate);
}

/// <summary>Where credentials come from. Asked before every request, so an implementation answers from memory.</summary>
internal interface ICredentialSource
{
    ValueTask<ClusterCredential> GetAsync(CancellationToken cancellation);

    /// <summary>The server refused <paramref name="refused"/> (401): false when asking again would give the same.</summary>
    bool Refresh(ClusterCredential refused);
}

/// <summary>A credential that does not change while the process lives.</summary>
internal sealed class FixedCredentialSource(ClusterCredential credential) : ICredentialSource
{
    public ValueTask<ClusterCredential> GetAsync(CancellationToken cancellation) => ValueTask.FromResult(credential);

    public bool Refresh(ClusterCredential refused) => false;
}
