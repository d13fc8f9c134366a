using System.Globalization;
using AgentWarden.FunctionsHost.App;
using AgentWarden.FunctionsHost.Workers.Rpc;

namespace AgentWarden.FunctionsHost.Triggers;

/// <summary>What the host sends a worker for each kind of trigger.</summary>
internal static class Invocations
{
    /// <summary>A request that the worker gets by HTTP: the message says only that it comes, and what its route holds.</summary>
    public static InvocationRequest OfHttp(HostedFunction function, Guid id, IReadOnlyDictionary<string, string> route, bool withRoute)
    {
        var http = new RpcHttp();
        var request = New(function, id, new TypedData { Http = http });
        foreach (var (name, value) in route)
        {
            request.TriggerMetadata[name] = new() { String = value };
            if (withRoute)
            {
                http.NullableParams[name] = new() { Value = value };
            }
        }

        return request;
    }

    /// <summary>A tick, at its time.</summary>
    public static InvocationRequest OfTimer(HostedFunction function, Guid id, bool isPastDue)
    {
        var json = $$"""{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":{{(isPastDue ? "true" : "false")}}}""";
        return New(function, id, new TypedData { Json = json });
    }

    /// <summary>A message's text, and what is known of the message.</summary>
    public static InvocationRequest OfQueue(HostedFunction function, Guid id, QueueTriggerMessage message)
    {
        var request = New(function, id, new TypedData { String = message.Text });
        request.TriggerMetadata["QueueTrigger"] = new() { String = message.Text };
        request.TriggerMetadata["Id"] = new() { String = message.Id };
        request.TriggerMetadata["PopReceipt"] = new() { String = message.Receipt };
        request.TriggerMetadata["DequeueCount"] = new() { Json = message.DequeueCount.ToString(CultureInfo.InvariantCulture) };
        request.TriggerMetadata["InsertionTime"] = Time(message.Inserted);
        request.TriggerMetadata["ExpirationTime"] = Time(message.Expires);
        request.TriggerMetadata["NextVisibleTime"] = Time(message.NextVisible);
        return request;
    }

    private static InvocationRequest New(HostedFunction function, Guid id, TypedData input)
    {
        var request = new InvocationRequest { InvocationId = $"{id}", FunctionId = function.Id, TraceContext = new() };
        request.InputData.Add(new ParameterBinding { Name = function.Binding, Data = input });
        return request;
    }

    private static TypedData Time(DateTimeOffset? time) => new() { Json = $"\"{time?.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}+00:00\"" };
}
