using System.Net.Http.Headers;
using System.Net.Security;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>Credentials from a plugin, kept until shortly before they expire. Many waiting requests run the plugin once.</summary>
internal sealed class ExecCredentialSource(
    ExecPlugin plugin, SslStreamCertificateContext? otherwise, string file, string field, TimeProvider time) : ICredentialSource
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private Issue? _last;

    public async ValueTask<ClusterCredential> GetAsync(CancellationToken cancellation)
    {
        if (Current() is { } current)
        {
            return current;
        }

        await _one.WaitAsync(cancellation);
        try
        {
            if (Current() is { } renewed)
            {
                return renewed;
            }

            var answer = ExecInfo.Read(await plugin.RunAsync(cancellation), plugin);
            var certificate = answer.ClientCertificateData is not { } pem ? otherwise
                : Certificates.Client(pem, answer.ClientKeyData!, file, field);
            var authorization = answer.Token is { } token ? new AuthenticationHeaderValue("Bearer", token) : null;
            var issue = new Issue(new ClusterCredential(authorization, certificate), answer.ExpirationTimestamp?.ToUniversalTime());
            Volatile.Write(ref _last, issue);
            return issue.Credential;
        }
        finally
        {
            _one.Release();
        }
    }

    public bool Refresh(ClusterCredential refused)
    {
        var last = Volatile.Read(ref _last);
        if (last is not null && ReferenceEquals(last.Credential, refused))
        {
            Interlocked.CompareExchange(ref _last, value: null, last);
        }

        return true;
    }

    private ClusterCredential? Current()
    {
        var last = Volatile.Read(ref _last);
        return last is not null && (last.Expires is not { } expires || time.GetUtcNow() < expires - RenewBefore) ? last.Credential : null;
    }

    private sealed class Issue(ClusterCredential credential, DateTimeOffset? expires)
    {
        public ClusterCredential Credential { get; } = credential;
        public DateTimeOffset? Expires { get; } = expires;
    }
}
