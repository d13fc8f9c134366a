using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Authentication;

/// <summary>
/// Whose a token is, asked of the API server once in a while and not with every event. Kept by the token's digest, never the token itself.
/// A token that is asked for by many at once is asked of the API server once.
/// </summary>
internal sealed class ReviewedTokens(ITokenReviewer reviewer, string audience, TimeProvider clock)
{
    /// <summary>A deleted pod's token is believed at most so long.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(1);

    /// <summary>While the API server is away, what it said last counts: otherwise its restart would stop every event.</summary>
    private static readonly TimeSpan GoodWithoutServer = TimeSpan.FromMinutes(5);

    /// <summary>Somebody who sends a bad token again and again does not make us ask again and again.</summary>
    private static readonly TimeSpan BadFor = TimeSpan.FromSeconds(10);

    private const int MostTokens = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, Entry> _entries = [];

    /// <summary>The user's name; null when the token is not good for our audience.</summary>
    /// <exception cref="KubernetesException">The API server could not be asked, and it is too long ago that it was.</exception>
    public ValueTask<string?> UserOfAsync(string token, CancellationToken cancellation)
    {
        var digest = Digest.Of(token);
        Entry? entry;
        lock (_lock)
        {
            if (_entries.TryGetValue(digest, out entry) && entry.At is { } at && clock.GetElapsedTime(at) < (entry.User is null ? BadFor : GoodFor))
            {
                return new(entry.User);
            }

            // Nobody's own cancellation ends what others wait for.
            var asking = entry?.Asking ?? AskAsync(token, digest, entry);
            if (!asking.IsCompleted)
            {
                Keep(digest, (entry ?? new(User: null, At: null)) with { Asking = asking });
            }

            return new(asking.WaitAsync(cancellation));
        }
    }

    private async Task<string?> AskAsync(string token, Digest digest, Entry? last)
    {
        try
        {
            // The caller holds the lock until this yields.
            await Task.Yield();
            var user = await reviewer.UserOfAsync(token, audience, CancellationToken.None);
            lock (_lock)
            {
                Keep(digest, new(user, clock.GetTimestamp()));
            }

            return user;
        }
        catch (KubernetesException e) when (e.IsTransient && last is { User: not null, At: { } at } && clock.GetElapsedTime(at) < GoodWithoutServer)
        {
            lock (_lock)
            {
                Keep(digest, last with { Asking = null });
            }

            return last.User;
        }
        catch
        {
            lock (_lock)
            {
                _entries.Remove(digest);
            }

            throw;
        }
    }

    private void Keep(Digest digest, Entry entry)
    {
        if (_entries.Count >= MostTokens && !_entries.ContainsKey(digest))
        {
            // Far more than there are senders: somebody tries tokens. To forget all costs a review each.
            _entries.Clear();
        }

        _entries[digest] = entry;
    }

    /// <param name="User">What the server said.</param>
    /// <param name="At">When, on the steady clock; null before its first answer.</param>
    private sealed record Entry(string? User, long? At)
    {
        public Task<string?>? Asking { get; init; }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Digest(UInt128 High, UInt128 Low)
    {
        public static Digest Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            return new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
        }
    }
}
