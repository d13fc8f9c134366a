using System.Net.Security;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>
/// A bearer token in a file that somebody else rotates (a projected ServiceAccount token): read again at most once a minute.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="field">Where it was named, for messages.</param>
/// <param name="certificate">What goes with the token.</param>
/// <param name="time">The clock.</param>
/// <param name="meanwhile">The token until the file can be read.</param>
internal sealed class FileTokenSource(
    string path, string field, SslStreamCertificateContext? certificate, TimeProvider time, string? meanwhile = null) : ICredentialSource
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    // One reference, swapped whole: readers never see a token with another token's time.
    private Reading? _last;

    public async ValueTask<ClusterCredential> GetAsync(CancellationToken cancellation)
    {
        var last = Volatile.Read(ref _last);
        if (last is not null && time.GetElapsedTime(last.At) < ReadAgainAfter)
        {
            return last.Credential;
        }

        string token;
        try
        {
            token = (await File.ReadAllTextAsync(path, cancellation)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Otherwise(last) ?? throw new KubeConfigException(
                path, field, $"the token file cannot be read ({e.GetType().Name}).",
                "Check that the file exists and that this user may read it.", e);
        }

        if (token.Length == 0)
        {
            return Otherwise(last) ?? throw new KubeConfigException(
                path, field, "the token file is empty.", "Write a bearer token into it.");
        }

        var reading = new Reading(ClusterCredential.Bearer(token, certificate), time.GetTimestamp());
        Volatile.Write(ref _last, reading);
        return reading.Credential;
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

    /// <summary>The kubelet swaps the file; a moment without it is no reason to stop working with a token that is still good.</summary>
    private ClusterCredential? Otherwise(Reading? last) =>
        last?.Credential ?? (meanwhile is null ? null : ClusterCredential.Bearer(meanwhile, certificate));

    private sealed record Reading(ClusterCredential Credential, long At);
}
