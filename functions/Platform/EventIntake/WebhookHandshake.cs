using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.EventIntake;

/// <summary>
/// Abuse protection of CloudEvents' HTTP webhooks, section 4: a sender asks with OPTIONS whether its events are wanted before it sends any.
/// Azure Event Grid does so for subscriptions with the CloudEvents schema.
/// </summary>
internal sealed class WebhookHandshake
{
    /// <summary>Setting: the origins that may send, joined by commas; <c>*</c> for every origin.</summary>
    public const string OriginsSetting = "AGENTWARDEN_EVENT_ORIGINS";

    private const string DefaultOrigins = "eventgrid.azure.net";
    private const string Any = "*";

    private readonly HashSet<string> _origins;

    /// <param name="origins">The setting's value; nothing for Azure Event Grid only.</param>
    public WebhookHandshake(string? origins) =>
        _origins = (origins is { Length: > 0 } ? origins : DefaultOrigins).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>It only says who may send. Whether an event is taken is decided by its own authentication.</summary>
    public HttpAnswer Answer(HttpCall call)
    {
        if (call.Header("WebHook-Request-Origin") is not { Length: > 0 } origin || !(_origins.Contains(Any) || _origins.Contains(origin)))
        {
            return EventIntakeAnswer.Problem(403, $"Events of this origin are not wanted here. The header WebHook-Request-Origin must name an origin that {OriginsSetting} lists.");
        }

        var rate = int.TryParse(call.Header("WebHook-Request-Rate"), out var asked) && asked > 0 ? asked.ToString(System.Globalization.CultureInfo.InvariantCulture) : Any;
        return new HttpAnswer(200, HttpAnswer.Json, "{}"u8.ToArray())
        {
            Headers = [new("WebHook-Allowed-Origin", origin), new("WebHook-Allowed-Rate", rate), new("Allow", "POST")],
        };
    }
}
