using System.Security.Cryptography;
using System.Text;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Authentication;

/// <summary>
/// Who may send events, or reports to the bridge: a ServiceAccount that is listed, by a projected token with our audience;
/// and, where one is agreed on, whoever has the shared token (a sender that has no ServiceAccount, such as Event Grid).
/// </summary>
internal sealed class SenderCheck(ReviewedTokens tokens, SenderCheckOptions options) : ICallerCheck
{
    private const string Scheme = "Bearer ";

    private static readonly Refusal Unknown = new(503, "Who you are cannot be told now: the API server does not answer. Send the call again.");

    private readonly byte[]? _shared = options.SharedToken is { Length: > 0 } token ? Encoding.UTF8.GetBytes(token) : null;
    private readonly HashSet<string> _senders = new(options.Senders, StringComparer.Ordinal);

    private readonly Refusal _missing = new(401, $"Send a ServiceAccount token with the audience {options.Audience} as Authorization: Bearer. (A pod gets one from a projected volume; kubectl create token NAME --audience={options.Audience} makes one.)");
    private readonly Refusal _bad = new(401, $"The bearer token is not valid for the audience {options.Audience}, or has expired.");

    public async ValueTask<Refusal?> CheckAsync(HttpCall call, CancellationToken cancellation)
    {
        var header = call.Header("Authorization");
        if (header is null || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return _missing;
        }

        var token = header[Scheme.Length..].Trim();
        if (_shared is not null && CryptographicOperations.FixedTimeEquals(_shared, Encoding.UTF8.GetBytes(token)))
        {
            return null;
        }

        try
        {
            var user = await tokens.UserOfAsync(token, cancellation);
            return user is null ? _bad
                : _senders.Contains(user) ? null
                : new(403, $"{user} is not among those who may send here. Add it to {SenderCheckOptions.SendersSetting}.");
        }
        catch (KubernetesException e)
        {
            return e.IsTransient ? Unknown : NotAllowed(e);
        }
    }

    /// <summary>Ours to mend and not the sender's: after a 401 or 403 it would look for the fault in its own token.</summary>
    private static Refusal NotAllowed(KubernetesException e) =>
        new(503, $"Who you are cannot be told: the API server refuses to review tokens for this process ({(int)e.StatusCode}). Give its ServiceAccount the verb create on tokenreviews.authentication.k8s.io.");
}

/// <summary>Who is believed. A class and not a record, so that nothing prints the token.</summary>
internal sealed class SenderCheckOptions
{
    public const string AuthSetting = "AGENTWARDEN_EVENT_AUTH", AudienceSetting = "AGENTWARDEN_EVENT_AUDIENCE", SendersSetting = "AGENTWARDEN_EVENT_SENDERS", TokenSetting = "AGENTWARDEN_EVENT_TOKEN";

    public const string DefaultAudience = "agent-warden-events";

    public required string Audience { get; init; }

    /// <summary>User names as the API server says them, for example <c>system:serviceaccount:NAMESPACE:NAME</c>.</summary>
    public required IReadOnlyList<string> Senders { get; init; }

    public string? SharedToken { get; init; }

    /// <summary>From settings; without any, our own ServiceAccounts in our namespace are believed.</summary>
    public static SenderCheckOptions FromSettings(Func<string, string?> settings, string ns, params IEnumerable<string> ourAccounts) => new()
    {
        Audience = settings(AudienceSetting) is { Length: > 0 } audience ? audience : DefaultAudience,
        Senders = settings(SendersSetting) is { Length: > 0 } senders
            ? senders.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [.. ourAccounts.Select(a => $"system:serviceaccount:{ns}:{a}")],
        SharedToken = settings(TokenSetting),
    };
}
