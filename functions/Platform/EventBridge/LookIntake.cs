using System.Text;
using System.Text.Json;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.EventBridge;

/// <summary>
/// <c>POST /looks</c> of the bridge: functions whose events came through a broker report here what they looked at, when they want to look again and at what else.
/// </summary>
/// <param name="bridge">Has the queues.</param>
/// <param name="kinds">The kinds that may be named.</param>
/// <param name="callers">Says who may report; null lets everybody.</param>
internal sealed class LookIntake(EventBridgeHost bridge, KindTable kinds, ICallerCheck? callers)
{
    public const string Route = "looks";

    public async Task<HttpAnswer> HandleAsync(HttpCall call, CancellationToken cancellation)
    {
        if (callers is not null && await callers.CheckAsync(call, cancellation) is { } refusal)
        {
            return Problem(refusal.Status, refusal.Message) with { RetryAfterSeconds = refusal.Status == 503 ? 1 : null };
        }

        if (!bridge.Works)
        {
            // A report that is dropped is a look that is forgotten: the function must find the one that leads.
            return Problem(503, "This replica of the bridge does not lead. Send the report again.") with { RetryAfterSeconds = 1 };
        }

        try
        {
            var reading = LookReportJson.Read(call.Body, kinds);
            var taken = reading.Looks.Count(l => bridge.Reported(l.Function, l.Object, l.Answer));
            return new(200, HttpAnswer.Json, Encoding.UTF8.GetBytes($$"""{"taken":{{taken}},"ignored":{{reading.Looks.Count - taken + reading.Ignored.Count}}}"""));
        }
        catch (CloudEventException malformed)
        {
            return Problem(400, malformed.Message);
        }
    }

    private static HttpAnswer Problem(int status, string message) =>
        new(status, HttpAnswer.Json, Encoding.UTF8.GetBytes($"{{\"error\":\"{JsonEncodedText.Encode(message)}\"}}"));
}
